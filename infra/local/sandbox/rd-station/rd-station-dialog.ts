import type { AuthorizationRequest } from "../authorization/authorization-state.ts";
import { dialogEndpoint, isRegistered } from "../authorization/dialog-endpoint.ts";
import { answered, type Endpoint, type Performed } from "../http/endpoint.ts";
import { errorAnswer, rdStationErrors } from "./error-answers.ts";
import type { RdStationState } from "./rd-station-state.ts";

export const dialogPath = "/auth/dialog";

/**
 * `GET /auth/dialog`, as "Gerar code" describes it. `redirect_url` is the older page's name for `redirect_uri`; it is
 * compared with the registered callbacks as a plain string. `response_type`, `scope` and all else is ignored.
 */
export function rdStationDialog(state: RdStationState): Endpoint {
  return dialogEndpoint(state, {
    action: `/rd-station${dialogPath}`,
    read: (parameters) => readRequest(state, parameters),
  });
}

function readRequest(state: RdStationState, parameters: URLSearchParams): AuthorizationRequest | Performed {
  const { envelope } = state.settings();
  if (parameters.get("client_id") !== state.client.get().clientId) {
    return answered("unknown-client", errorAnswer(rdStationErrors.wrongCredentials, envelope));
  }
  const redirectUri = parameters.get("redirect_uri") ?? parameters.get("redirect_url") ?? "";
  if (!isRegistered(state, redirectUri)) {
    return answered("wrong-redirect-uri", errorAnswer(rdStationErrors.wrongRedirectUri, envelope));
  }
  return { redirectUri, state: parameters.get("state") ?? undefined };
}
