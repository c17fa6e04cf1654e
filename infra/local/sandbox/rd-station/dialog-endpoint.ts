import * as v from "valibot";
import { type Answer, jsonAnswer, redirectAnswer } from "../http/answer.ts";
import { answered, type Endpoint, type Performed } from "../http/endpoint.ts";
import { accountNameSchema } from "../state/common-settings.ts";
import { effectiveRedirectUris } from "../state/registered-client.ts";
import { approvalPage, declinedPage } from "./approval-page.ts";
import { callbackLocation } from "./callback-location.ts";
import { errorAnswer, rdStationErrors } from "./error-answers.ts";
import type { RdStationState } from "./rd-station-state.ts";

/** What a client asks the dialog for; `response_type`, `scope` and all else is ignored. */
type AuthorizationRequest = { readonly redirectUri: string; readonly state: string | undefined };

/**
 * `GET /auth/dialog`, as "Gerar code" describes it, and the `POST` of its own page. `redirect_url` is the older page's
 * name for `redirect_uri`; it is compared with the registered callbacks as a plain string.
 */
export function dialogEndpoint(state: RdStationState): Endpoint {
  return {
    name: "dialog",
    prepare(request) {
      const posted = request.method === "POST";
      const parameters = posted ? new URLSearchParams(request.body.toString()) : request.query;
      const account = v.safeParse(accountNameSchema, parameters.get("account"));
      return {
        subject: posted && account.success ? { account: account.output } : {},
        perform() {
          const asked = authorizationRequest(state, parameters);
          if ("outcome" in asked) return asked;
          if (!posted) return answered("page-shown", dialogPage(state, asked, parameters));
          if (parameters.get("decision") === "decline") return declined(state, asked);
          if (!account.success || parameters.get("decision") !== "approve") {
            const sandbox_error = "The form needs account and decision=approve or decision=decline.";
            return answered("incomplete-form", jsonAnswer(400, { sandbox_error }));
          }
          const { location } = approve(state, account.output, asked);
          return answered("approved", redirectAnswer(302, location));
        },
      };
    },
  };
}

/** Mints a code as if a person had authorized the account. The callback is not checked here. */
export function approve(
  state: RdStationState,
  account: string,
  asked: AuthorizationRequest,
): { readonly code: string; readonly location: string } {
  const { clientId } = state.client.get();
  const code = state.grants.issueCode({ account, clientId, now: state.now() });
  return { code, location: callbackLocation(asked.redirectUri, { code }, asked.state) };
}

/** @returns whether a callback is registered, string for string, and has propagated. */
export function isRegistered(state: RdStationState, redirectUri: string): boolean {
  const { propagationSeconds } = state.settings();
  return effectiveRedirectUris(state.client.get(), propagationSeconds, state.now()).includes(redirectUri);
}

function authorizationRequest(state: RdStationState, parameters: URLSearchParams): AuthorizationRequest | Performed {
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

function dialogPage(state: RdStationState, asked: AuthorizationRequest, parameters: URLSearchParams): Answer {
  const fields = new Map([
    ["client_id", parameters.get("client_id") ?? ""],
    ["redirect_uri", asked.redirectUri],
  ]);
  if (asked.state !== undefined) fields.set("state", asked.state);
  const returnsTo = URL.canParse(asked.redirectUri) ? new URL(asked.redirectUri).host : asked.redirectUri;
  return approvalPage({ appName: state.appName, accounts: state.settings().accounts, fields, returnsTo });
}

function declined(state: RdStationState, asked: AuthorizationRequest): Performed {
  const answer =
    state.settings().decline === "page"
      ? declinedPage(state.appName)
      : redirectAnswer(302, callbackLocation(asked.redirectUri, { error: "access_denied" }, asked.state));
  return answered("declined", answer);
}
