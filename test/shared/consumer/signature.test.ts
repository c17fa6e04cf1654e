import { AwsV4Signer } from "aws4fetch";
import { expect, it } from "vitest";
import { signedHeaders } from "../../../shared/consumer/signature.ts";

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const now = Date.UTC(2026, 10, 22, 3, 4, 5, 678);

it.each([
  ["https://abc.execute-api.sa-east-1.amazonaws.com/v1/connections/rd-station/acme/access-token", undefined],
  ["https://abc.execute-api.sa-east-1.amazonaws.com/v1/connections/itflex/A.b_c-9/access-token", "FwoGZXIvYXdzEBY+/="],
  ["https://broker.example/prod/v1/connections/itflex/acme/access-token?minimum_seconds=600&rejected=0f", undefined],
  ["http://127.0.0.1:8788/v1/connections/rd-station/acme/access-token?rejected=0123456789abcdef", "token"],
])("a request to %s is signed as another implementation of SigV4 signs it", async (href, sessionToken) => {
  const signer = { ...credentials, sessionToken, region: "sa-east-1" };
  const datetime = "20261122T030405Z";
  const { sessionToken: _, ...rest } = signer;
  const reference = new AwsV4Signer({
    ...rest,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    url: href,
    service: "execute-api",
    datetime,
  });
  const { headers } = await reference.sign();
  const ours = signedHeaders(new URL(href), signer, now);
  expect(ours["authorization"]).toBe(headers.get("authorization"));
  expect(ours["x-amz-date"]).toBe(headers.get("x-amz-date"));
  expect(ours["x-amz-security-token"] ?? null).toBe(headers.get("x-amz-security-token"));
});
