import type { ClientAuthentication } from "./client-authentication.ts";
import { formRequest } from "./form-request.ts";
import type { HttpRequest } from "./http.ts";

/**
 * Exchanges an authorization code.
 *
 * @param grant.codeVerifier where the provider takes PKCE: RFC 7636 §4.5
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
 */
export function codeTokenRequest(
  endpoint: string,
  client: ClientAuthentication,
  grant: { readonly code: string; readonly redirectUri: string; readonly codeVerifier?: string },
): HttpRequest {
  const parameters = {
    grant_type: "authorization_code",
    ...client.parameters,
    code: grant.code,
    redirect_uri: grant.redirectUri,
    ...(grant.codeVerifier === undefined ? {} : { code_verifier: grant.codeVerifier }),
  };
  return formRequest(endpoint, parameters, client.headers);
}

/**
 * Redeems a refresh token. No scope: the new access token has that of the old one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export function refreshTokenRequest(endpoint: string, client: ClientAuthentication, refreshToken: string): HttpRequest {
  const parameters = { grant_type: "refresh_token", ...client.parameters, refresh_token: refreshToken };
  return formRequest(endpoint, parameters, client.headers);
}
