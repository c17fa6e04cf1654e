import type { ClientAuthentication } from "./client-authentication.ts";
import { formRequest } from "./form-request.ts";
import type { HttpRequest } from "./http.ts";

/**
 * Revokes a refresh token, and with it the grant.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7009#section-2.1
 */
export function revocationRequest(endpoint: string, client: ClientAuthentication, refreshToken: string): HttpRequest {
  const parameters = { ...client.parameters, token: refreshToken, token_type_hint: "refresh_token" };
  return formRequest(endpoint, parameters, client.headers);
}
