import { type Connection, isLeased, needsReplay, type Reason } from "./connection.ts";
import type { ErrorCode } from "./error.ts";
import { timing } from "./timing.ts";

/** Why a refresh is asked for. */
export type Demand =
  /** The token is inside the refresh window. */
  | { readonly kind: "schedule" }
  /** A reader wants at least this much life. */
  | { readonly kind: "reader"; readonly minimumMilliseconds: number }
  /** A reader saw the access token of this generation answered with 401. */
  | { readonly kind: "rejected"; readonly generation: number; readonly minimumMilliseconds: number }
  /** An operator wants a generation after this one, whatever we know against it. */
  | { readonly kind: "operator"; readonly generation: number };

export type RefreshDecision =
  | { readonly kind: "absent" }
  | { readonly kind: "revoked" }
  | { readonly kind: "dead"; readonly reason: Reason }
  /** What is there will do. */
  | { readonly kind: "fresh" }
  /** Somebody else's attempt is under way. */
  | { readonly kind: "leased"; readonly until: number }
  | { readonly kind: "backing-off"; readonly until: number; readonly code: ErrorCode }
  /** The rejected token is itself the answer to a rejection a moment ago: another one would not be better. */
  | { readonly kind: "just-issued"; readonly until: number }
  | { readonly kind: "due" };

/**
 * Decides what to do about one connection. All policy of refreshing is here or in the times that a write computed.
 *
 * @param connection as read consistently
 * @param now epoch milliseconds
 */
export function refreshDecision(connection: Connection | undefined, now: number, demand: Demand): RefreshDecision {
  if (connection === undefined || connection.status === "unconnected") return { kind: "absent" };
  if (connection.status === "revoking" || connection.status === "revoked") return { kind: "revoked" };
  const isReplay = demand.kind === "schedule" && needsReplay(connection, now);
  if (connection.status === "reauthorization_required" && demand.kind !== "operator" && !isReplay) {
    return { kind: "dead", reason: connection.reason ?? "grant_rejected" };
  }
  if (isEnough(connection, now, demand)) return { kind: "fresh" };
  if (isLeased(connection, now)) return { kind: "leased", until: connection.attempt?.leaseUntil ?? now };
  if (demand.kind === "operator") return { kind: "due" };
  if (connection.retry !== null && connection.retry.at > now) {
    return { kind: "backing-off", until: connection.retry.at, code: connection.retry.code };
  }
  if (demand.kind === "rejected" && connection.fromRejected && connection.generation === demand.generation) {
    const until = (connection.issuedAt ?? 0) + timing.rejectedAgain;
    if (until > now) return { kind: "just-issued", until };
  }
  return { kind: "due" };
}

function isEnough(connection: Connection, now: number, demand: Demand): boolean {
  switch (demand.kind) {
    case "schedule":
      return connection.status !== "degraded" && (connection.refreshAt ?? 0) > now && !needsReplay(connection, now);
    case "reader":
      return hasLife(connection, now, demand.minimumMilliseconds);
    case "rejected":
      return connection.generation > demand.generation && hasLife(connection, now, demand.minimumMilliseconds);
    case "operator":
      return connection.generation > demand.generation;
  }
}

/** True where the access token is known to live for at least this many more milliseconds, and for one at the least. */
export function hasLife(connection: Connection, now: number, minimumMilliseconds: number): boolean {
  return (connection.expiresAt ?? 0) - now >= Math.max(1, minimumMilliseconds);
}
