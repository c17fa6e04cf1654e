import type { Grant } from "../grants/grant-records.ts";
import type { Subject } from "../http/endpoint.ts";
import { bearerToken, type ReceivedRequest } from "../http/received-request.ts";
import { tokenHash } from "../token-hash.ts";
import type { RdStationState } from "./rd-station-state.ts";

export type Bearer =
  | { readonly verdict: "missing" }
  | { readonly verdict: "good"; readonly grant: Grant }
  /** `revoked`: the grant has ended; `garbage`: not one of ours, another product's included. */
  | { readonly verdict: "expired" | "revoked" | "garbage" };

/** @returns what the request's access token is worth now. */
export function judgeBearer(state: RdStationState, request: ReceivedRequest): Bearer {
  const token = bearerToken(request);
  if (token === undefined) return { verdict: "missing" };
  const read = state.accessTokens.read(token);
  const grant = state.grants.grant(read?.grantId ?? "");
  if (read === undefined || grant === undefined) return { verdict: "garbage" };
  if (grant.endedAt !== null) return { verdict: "revoked" };
  return state.now() >= read.expiresAt ? { verdict: "expired" } : { verdict: "good", grant };
}

/** @returns whose access token the request carries, alive or not. */
export function subjectOfBearer(state: RdStationState, request: ReceivedRequest): Subject {
  const token = bearerToken(request);
  if (token === undefined) return {};
  const grant = state.grants.grant(state.accessTokens.read(token)?.grantId ?? "");
  return {
    presentedHash: tokenHash(token),
    ...(grant === undefined ? {} : { account: grant.account, grant: grant.id }),
  };
}
