import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export type SignedRequest = {
  readonly method: string;
  /** Path and query, as they arrived. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

/** What AWS would find wrong with a request's signature; undefined for nothing. `region`, `service`: of the signature. */
export type Checked =
  | { readonly refusal: string }
  | { readonly refusal: undefined; readonly region: string; readonly service: string };

const fiveMinutes = 5 * 60_000;

/**
 * Checks a signature as AWS does, from what arrived. Written from AWS' own description, and not with what the command signs with.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function checkSignature(request: SignedRequest, keys: Keys, now: number): Checked {
  const { headers } = request;
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
  const [, key = "", day = "", region = "", service = "", names = "", signature = ""] =
    pattern.exec(headers.authorization ?? "") ?? [];
  const time = String(headers["x-amz-date"]);
  const [, year, month, date, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const at = Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`);
  if (signature === "" || Number.isNaN(at)) return { refusal: "Missing Authentication Token" };
  if (key !== keys.accessKeyId || headers["x-amz-security-token"] !== keys.sessionToken) {
    return { refusal: "The security token included in the request is invalid." };
  }
  if (Math.abs(now - at) > fiveMinutes)
    return { refusal: `Signature expired: ${time} is now earlier than another time` };
  if (day !== `${year}${month}${date}` || !["host", "x-amz-date"].every((name) => names.split(";").includes(name))) {
    return { refusal: "The request signature does not cover what it has to." };
  }
  const { pathname, searchParams } = new URL(request.url, "https://any.example");
  const canonical = [
    request.method,
    pathname,
    [...searchParams]
      .map((pair) => pair.map(encodeURIComponent).join("="))
      .sort()
      .join("&"),
    ...names.split(";").map((name) => `${name}:${String(headers[name]).trim()}`),
    "",
    names,
    sha256(request.body),
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const signingKey = scope
    .split("/")
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${keys.secretAccessKey}`);
  if (hmac(signingKey, text).toString("hex") === signature) return { refusal: undefined, region, service };
  return { refusal: "The request signature we calculated does not match the signature you provided." };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
