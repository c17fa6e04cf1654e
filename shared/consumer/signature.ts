/** The AWS credentials and the region that requests to the broker are signed with. */
export type Signer = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
};

/** @returns the headers of a GET request to a URL of the broker */
export type Sign = (url: URL) => Promise<Headers>;

/**
 * Signs requests for API Gateway (SigV4, service `execute-api`).
 *
 * @param signer looked up for each request, since credentials run out; undefined where there are none
 */
export function signatures(signer: () => Promise<Signer | undefined>): Sign {
  return async (url) => {
    const found = await signer();
    if (found === undefined) return new Headers();
    // Loaded where it is needed: most Lambdas never ask the broker.
    const { AwsV4Signer } = await import("aws4fetch");
    const { headers } = await new AwsV4Signer({ ...found, url: url.href, service: "execute-api" }).sign();
    return headers;
  };
}
