import type { AuthorizationRequest } from "../authorization/authorization-state.ts";
import { callbackLocation } from "../authorization/callback-location.ts";
import { dialogEndpoint, isRegistered } from "../authorization/dialog-endpoint.ts";
import { redirectAnswer } from "../http/answer.ts";
import { answered, type Endpoint, type Performed } from "../http/endpoint.ts";
import type { CrmState } from "./crm-state.ts";
import { wrongClient, wrongRedirectUri } from "./error-answers.ts";

export const dialogPath = "/oauth/authorize";

/** `GET /oauth/authorize?response_type=code&client_id&redirect_uri&state`: CRM v2, authentication, step 2. */
export function crmDialog(state: CrmState): Endpoint {
  return dialogEndpoint(state, {
    action: `/rd-station-crm${dialogPath}`,
    read: (parameters) => readRequest(state, parameters),
    carried: ["response_type"],
  });
}

function readRequest(state: CrmState, parameters: URLSearchParams): AuthorizationRequest | Performed {
  if (parameters.get("client_id") !== state.client.get().clientId)
    return answered("unknown-client", wrongClient(false));
  const redirectUri = parameters.get("redirect_uri") ?? "";
  if (!isRegistered(state, redirectUri)) return answered("wrong-redirect-uri", wrongRedirectUri);
  const asked = { redirectUri, state: parameters.get("state") ?? undefined };
  if (parameters.get("response_type") === "code") return asked;
  const location = callbackLocation(redirectUri, { error: "unsupported_response_type" }, asked.state);
  return answered("wrong-response-type", redirectAnswer(302, location));
}
