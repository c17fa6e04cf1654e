import { AwsClient } from "aws4fetch";
import type { AwsIdentity } from "./identity.ts";

/**
 * `fetch` with a signature of AWS, version 4.
 *
 * @param service as the signature names it: `execute-api` for the broker
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signedFetch(
  identity: AwsIdentity,
  service: string,
): (url: string, init: RequestInit) => Promise<Response> {
  return async (url, { signal, redirect, ...init }) => {
    const [credentials, region] = await Promise.all([identity.credentials(), identity.region()]);
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const signer = new AwsClient({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service,
      region,
    });
    const request = await signer.sign(url, init);
    return fetch(request, { ...(signal == null ? {} : { signal }), redirect: redirect ?? "manual" });
  };
}
