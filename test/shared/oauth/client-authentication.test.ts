import { expect, it } from "vitest";
import { clientSecretBasic, clientSecretPost } from "../../../shared/oauth/client-authentication.ts";

it("puts the client into a header, each part form-encoded", () => {
  const { headers, parameters } = clientSecretBasic({ clientId: "a:b", clientSecret: "c d+e:%é" });
  const [scheme, credentials = ""] = headers["authorization"]?.split(" ") ?? [];
  expect(scheme).toBe("Basic");
  expect(Buffer.from(credentials, "base64").toString()).toBe("a%3Ab:c+d%2Be%3A%25%C3%A9");
  expect(parameters).toEqual({});
});

it("makes the header of RFC 6749 §2.3.1", () => {
  const { headers } = clientSecretBasic({ clientId: "s6BhdRkqt3", clientSecret: "7Fjfp0ZBr1KtDRbnfVdmIw" });
  expect(headers).toEqual({ authorization: "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3" });
});

it("puts the client into the form", () => {
  expect(clientSecretPost({ clientId: "a", clientSecret: "b&c" })).toEqual({
    headers: {},
    parameters: { client_id: "a", client_secret: "b&c" },
  });
});
