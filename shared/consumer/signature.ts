import { createHash, createHmac } from "node:crypto";

/** The AWS credentials and the region that requests to the broker are signed with. */
export type Signer = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly region: string;
};

const algorithm = "AWS4-HMAC-SHA256";

/**
 * Signs a GET request without a body, for API Gateway. Our own, since a signer that can do more would be a third of the
 * client's size; a test compares it with the AWS SDK's.
 *
 * @param url with a path of characters that need no escaping, and its parameters in order of their names
 * @param now epoch milliseconds
 * @returns the headers to send
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signedHeaders(url: URL, { region, ...credentials }: Signer, now: number): Record<string, string> {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${time.slice(0, 8)}/${region}/execute-api/aws4_request`;
  const headers: Record<string, string> = { host: url.host, "x-amz-date": time };
  if (credentials.sessionToken) headers["x-amz-security-token"] = credentials.sessionToken;
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const request = ["GET", url.pathname, url.search.slice(1), lines.join(""), names, sha256("")].join("\n");
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key, [algorithm, time, scope, sha256(request)].join("\n")).toString("hex");
  headers["authorization"] =
    `${algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return headers;
}

/** @returns in hexadecimal digits */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
