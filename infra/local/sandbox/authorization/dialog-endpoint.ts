import * as v from "valibot";
import { type Answer, jsonAnswer, redirectAnswer } from "../http/answer.ts";
import { answered, type Endpoint, type Performed } from "../http/endpoint.ts";
import { accountNameSchema } from "../state/common-settings.ts";
import { effectiveRedirectUris } from "../state/registered-client.ts";
import { approvalPage, declinedPage } from "./approval-page.ts";
import type { AuthorizationRequest, AuthorizationState } from "./authorization-state.ts";
import { callbackLocation } from "./callback-location.ts";

export type Dialog = {
  /** Where the page's form posts to: the dialog itself. */
  readonly action: string;
  /** @returns what the client asks for, or the refusal of what is no request of a registered client. */
  read(parameters: URLSearchParams): AuthorizationRequest | Performed;
  /** Parameters that the form carries along, beside `client_id`, `redirect_uri` and `state`. */
  readonly carried?: readonly string[];
};

/** The approval page, and the `POST` of its own form. */
export function dialogEndpoint(state: AuthorizationState, dialog: Dialog): Endpoint {
  return {
    name: "dialog",
    prepare(request) {
      const posted = request.method === "POST";
      const parameters = posted ? new URLSearchParams(request.body.toString()) : request.query;
      const account = v.safeParse(accountNameSchema, parameters.get("account"));
      return {
        subject: posted && account.success ? { account: account.output } : {},
        perform() {
          const asked = dialog.read(parameters);
          if ("outcome" in asked) return asked;
          if (!posted) return answered("page-shown", dialogPage(state, dialog, asked, parameters));
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
  state: AuthorizationState,
  account: string,
  asked: AuthorizationRequest,
): { readonly code: string; readonly location: string } {
  const { clientId } = state.client.get();
  const code = state.grants.issueCode({ account, clientId, now: state.now() });
  return { code, location: callbackLocation(asked.redirectUri, { code }, asked.state) };
}

/** @returns whether a callback is registered, string for string, and has propagated. */
export function isRegistered(state: AuthorizationState, redirectUri: string): boolean {
  const { propagationSeconds } = state.settings();
  return effectiveRedirectUris(state.client.get(), propagationSeconds, state.now()).includes(redirectUri);
}

function dialogPage(
  state: AuthorizationState,
  dialog: Dialog,
  asked: AuthorizationRequest,
  parameters: URLSearchParams,
): Answer {
  const fields = new Map([
    ["client_id", parameters.get("client_id") ?? ""],
    ["redirect_uri", asked.redirectUri],
  ]);
  for (const name of dialog.carried ?? []) fields.set(name, parameters.get(name) ?? "");
  if (asked.state !== undefined) fields.set("state", asked.state);
  const returnsTo = URL.canParse(asked.redirectUri) ? new URL(asked.redirectUri).host : asked.redirectUri;
  const { accounts } = state.settings();
  return approvalPage({ appName: state.appName, action: dialog.action, accounts, fields, returnsTo });
}

function declined(state: AuthorizationState, asked: AuthorizationRequest): Performed {
  const answer =
    state.settings().decline === "page"
      ? declinedPage(state.appName)
      : redirectAnswer(302, callbackLocation(asked.redirectUri, { error: "access_denied" }, asked.state));
  return answered("declined", answer);
}
