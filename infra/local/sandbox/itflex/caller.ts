import type { Grant } from "../grants/grant-records.ts";
import { judgeRefreshToken } from "../grants/redemption-rules.ts";
import type { Answer } from "../http/answer.ts";
import { answered, type Endpoint, type Performed, type Subject } from "../http/endpoint.ts";
import { bearerToken, type ReceivedRequest } from "../http/received-request.ts";
import { tokenHash } from "../token-hash.ts";
import { cookieOf, setCookie } from "./cookies.ts";
import { isKnownThere } from "./customer.ts";
import { unauthorized } from "./error-answers.ts";
import { type ItflexState, noClient } from "./itflex-state.ts";

/**
 * An endpoint of the API: behind a Bearer, or without one behind the cookies. Where only the refresh cookie is good, the
 * request is served all the same, and a new access cookie comes with the answer.
 */
export function behindToken(
  state: ItflexState,
  name: string,
  serve: (caller: Grant, request: ReceivedRequest) => { readonly outcome: string; readonly answer: Answer },
): Endpoint {
  return {
    name,
    prepare: (request) => ({
      subject: subjectOf(state, request),
      perform() {
        const caller = judgeAccess(state, request);
        if (typeof caller === "object") {
          const { outcome, answer } = serve(caller, request);
          return answered(outcome, answer);
        }
        const holder = bearerToken(request) === undefined ? byCookie(state, request) : undefined;
        if (holder === undefined) return answered(caller, unauthorized());
        return servedAfresh(state, holder, serve(holder, request).answer);
      },
    }),
  };
}

function judgeAccess(
  state: ItflexState,
  request: ReceivedRequest,
): Grant | "missing-token" | "garbage-token" | "expired-token" | "dead-key-token" {
  const token = bearerToken(request) ?? cookieOf(request, "access-token");
  if (token === undefined) return "missing-token";
  const read = state.tokens.readAccess(token);
  const grant = state.grants.grant(read?.grantId ?? "");
  if (read === undefined || !isKnownThere(request, grant)) return "garbage-token";
  if (grant.endedAt !== null && state.settings().accessAfterDeletion === "dies") return "dead-key-token";
  return state.now() >= read.expiresAt ? "expired-token" : grant;
}

function byCookie(state: ItflexState, request: ReceivedRequest): Grant | undefined {
  const token = state.grants.refreshToken(cookieOf(request, "refresh-token") ?? "");
  const grant = state.grants.grant(token?.grantId ?? "");
  const judged = judgeRefreshToken(token, grant, { clientId: noClient, now: state.now() });
  return judged.verdict === "good" && isKnownThere(request, grant) ? grant : undefined;
}

function servedAfresh(state: ItflexState, holder: Grant, answer: Answer): Performed {
  const lifeSeconds = state.settings().tokenSeconds;
  const accessToken = state.tokens.access({ grantId: holder.id, lifeSeconds, now: state.now() });
  const headers = { ...answer.headers, "set-cookie": setCookie.accessToken(accessToken) };
  const finished = { answer: { ...answer, headers }, accessHash: tokenHash(accessToken) };
  return { outcome: "served-by-refresh-cookie", finished };
}

function subjectOf(state: ItflexState, request: ReceivedRequest): Subject {
  const access = bearerToken(request) ?? cookieOf(request, "access-token");
  const presented = access ?? cookieOf(request, "refresh-token");
  if (presented === undefined) return {};
  const id =
    access === undefined ? state.grants.refreshToken(presented)?.grantId : state.tokens.readAccess(access)?.grantId;
  const grant = state.grants.grant(id ?? "");
  return {
    presentedHash: tokenHash(presented),
    ...(grant === undefined ? {} : { account: grant.account, grant: grant.id }),
  };
}
