import type { Grant } from "../grants/grant-records.ts";
import { isReplaced } from "../grants/redemption-rules.ts";
import { jsonAnswer } from "../http/answer.ts";
import { answered, type Endpoint, type Subject } from "../http/endpoint.ts";
import { bearerToken, type ReceivedRequest } from "../http/received-request.ts";
import { tokenHash } from "../token-hash.ts";
import type { AccessToken } from "./access-token-book.ts";
import type { CrmState } from "./crm-state.ts";
import { apiError, tokenRefusal } from "./error-answers.ts";

/** The same few in every account. */
const contacts = [
  { id: "6400c5a34711f02e8d0b1340", name: "Ana Souza", emails: [{ email: "ana@example.com" }] },
  { id: "6400c5a34711f02e8d0b1341", name: "Bruno Lima", emails: [{ email: "bruno@example.com" }] },
];

/** `GET /crm/v2/contacts` and `GET /crm/v2/contacts/{id}`, the one resource here: what an access token is good for. */
export function contactsEndpoint(state: CrmState): Endpoint {
  return {
    name: "contacts",
    prepare: (request) => ({
      subject: subjectOf(state, request),
      perform() {
        const verdict = judgeBearer(state, request);
        if (verdict !== "good") {
          const refusal = tokenRefusal(verdict === "missing" ? "missing" : "invalid", state.settings());
          return answered(`${verdict}-token`, refusal);
        }
        const id = /\/contacts\/([^/]+)$/.exec(request.path)?.[1];
        if (id === undefined) return answered("served", jsonAnswer(200, { data: contacts }));
        const data = contacts.find((contact) => contact.id === id);
        return data === undefined
          ? answered("not-found", apiError(404, "RESOURCE_NOT_FOUND", "Contact not found."))
          : answered("served", jsonAnswer(200, { data }));
      },
    }),
  };
}

function presented(state: CrmState, request: ReceivedRequest): { token?: AccessToken; grant?: Grant; hash?: string } {
  const value = bearerToken(request);
  if (value === undefined) return {};
  const token = state.accessTokens.find(value);
  const grant = state.grants.grant(token?.grantId ?? "");
  const hash = tokenHash(value);
  return token === undefined || grant === undefined ? { hash } : { token, grant, hash };
}

function subjectOf(state: CrmState, request: ReceivedRequest): Subject {
  const { grant, hash } = presented(state, request);
  return {
    ...(hash === undefined ? {} : { presentedHash: hash }),
    ...(grant === undefined ? {} : { account: grant.account, grant: grant.id }),
  };
}

/** `revoked`: the grant has ended, or the pair was replaced; `garbage`: not one of ours, another product's included. */
function judgeBearer(
  state: CrmState,
  request: ReceivedRequest,
): "good" | "missing" | "garbage" | "revoked" | "expired" {
  const { token, grant, hash } = presented(state, request);
  if (hash === undefined) return "missing";
  if (token === undefined || grant === undefined) return "garbage";
  if (grant.endedAt !== null || isDeleted(state, token)) return "revoked";
  return state.now() >= token.expiresAt ? "expired" : "good";
}

/** At Kong a pair is one row: a refresh deletes both, or, where the refresh token stays, overwrites the access token. */
function isDeleted(state: CrmState, token: AccessToken): boolean {
  if (state.settings().oldAccessToken === "lives") return false;
  const pair = state.grants.refreshTokensOf(token.grantId).find(({ hash }) => hash === token.pairedWith);
  return pair === undefined || isReplaced(pair, state.now()) || !state.accessTokens.isNewestOfPair(token);
}
