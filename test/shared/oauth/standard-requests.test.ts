import { describe, expect, it } from "vitest";
import { codeAuthorizationUrl } from "../../../shared/oauth/authorization-url.ts";
import { clientSecretBasic, clientSecretPost } from "../../../shared/oauth/client-authentication.ts";
import type { HttpRequest } from "../../../shared/oauth/http.ts";
import { revocationRequest } from "../../../shared/oauth/revocation-request.ts";
import { codeTokenRequest, refreshTokenRequest } from "../../../shared/oauth/token-request.ts";

const client = { clientId: "a", clientSecret: "b" };
const basic = clientSecretBasic(client);
const post = clientSecretPost(client);
const redirectUri = "https://a.example/callback";

describe("an authorization request", () => {
  const parametersOf = (url: string) => Object.fromEntries(new URL(url).searchParams);
  const plain = { response_type: "code", client_id: "a", redirect_uri: redirectUri, state: "s" };

  it("asks for a code, and for nothing that the provider does not take", () => {
    const url = codeAuthorizationUrl("https://a.example/auth", { clientId: "a", redirectUri, state: "s" });
    expect(parametersOf(url)).toEqual(plain);
  });

  it("names the scope and the S256 challenge", () => {
    const request = { clientId: "a", redirectUri, state: "s", codeChallenge: "c" };
    expect(parametersOf(codeAuthorizationUrl("https://a.example/auth", request, "read write"))).toEqual({
      ...plain,
      scope: "read write",
      code_challenge: "c",
      code_challenge_method: "S256",
    });
  });
});

describe("a request of the RFCs", () => {
  const form = (request: HttpRequest) => Object.fromEntries(new URLSearchParams(request.body));
  const inForm = { client_id: "a", client_secret: "b" };

  it.each<[string, (client: typeof basic) => HttpRequest, Record<string, string>]>([
    [
      "exchanges a code",
      (client) => codeTokenRequest("https://a.example/x", client, { code: "c", redirectUri }),
      { grant_type: "authorization_code", code: "c", redirect_uri: redirectUri },
    ],
    [
      "exchanges a code with its verifier",
      (client) => codeTokenRequest("https://a.example/x", client, { code: "c", redirectUri, codeVerifier: "v" }),
      { grant_type: "authorization_code", code: "c", redirect_uri: redirectUri, code_verifier: "v" },
    ],
    [
      "redeems a refresh token",
      (client) => refreshTokenRequest("https://a.example/x", client, "r+/"),
      { grant_type: "refresh_token", refresh_token: "r+/" },
    ],
    [
      "revokes a refresh token",
      (client) => revocationRequest("https://a.example/x", client, "r+/"),
      { token: "r+/", token_type_hint: "refresh_token" },
    ],
  ])("%s, in a form, with the client in a header or beside it", (_, request, parameters) => {
    const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
    expect(request(basic)).toMatchObject({ method: "POST", url: "https://a.example/x" });
    expect(request(basic).headers).toEqual({ ...headers, ...basic.headers });
    expect(form(request(basic))).toEqual(parameters);
    expect(request(post).headers).toEqual(headers);
    expect(form(request(post))).toEqual({ ...parameters, ...inForm });
  });
});
