import { type ConnectionId, splitConnectionId } from "./connection-id.ts";
import type { ErrorCode } from "./error.ts";
import type { ConnectionEventName } from "./event-names.ts";
import { timing } from "./timing.ts";

/** What is known of the grant. It says nothing about whether the access token has expired. */
export type Status =
  | "active"
  /** The last refresh failed and the grant is not known to be dead. */
  | "degraded"
  /** The provider says that the grant is dead. Only a person can mend it. */
  | "reauthorization_required"
  /** Revoked here; the provider has not answered yet. */
  | "revoking"
  | "revoked";

export type Reason = "grant_rejected" | "lost_rotation";

export type Upstream = "revoked" | "unsupported" | "already_invalid" | "abandoned";

/** Ciphertext, and the encrypted data key it was made with. */
export type Sealed = { readonly jwe: string; readonly dataKey: string };

/** One try to redeem or revoke. While it is not ended and its lease lives, nobody else may spend what it spends. */
export type Attempt = {
  readonly id: string;
  readonly kind: "refresh" | "candidate" | "revocation" | "authorization";
  /** The generation it found. */
  readonly generation: number;
  /** Epoch milliseconds. */
  readonly leaseUntil: number;
  /** False from begin until its last write: false with a lease that is over means that the attempt's end is unknown. */
  readonly ended: boolean;
};

/** A refresh token that was handed to us and not accepted by the provider yet. */
export type Candidate = {
  readonly id: string;
  readonly refreshToken: Sealed;
  readonly origin: string;
  readonly actor: string;
  readonly requestedAt: number;
  readonly unknown: boolean;
  /** The provider has refused it after an attempt without an outcome. That attempt may still come back with its successor. */
  readonly refused: boolean;
  readonly tries: number;
  readonly retryAt: number;
};

export type StatusEvent = {
  /** The same for every delivery of the same change. */
  readonly id: string;
  readonly name: ConnectionEventName;
  readonly status: Status;
  /** The same as `status` where an account was authorized again. */
  readonly previousStatus: Status | null;
  readonly reason: Reason | null;
  /** What `degraded` is due to. */
  readonly code: ErrorCode | null;
  /** What the provider made of the revocation, once it is `revoked`. */
  readonly upstream: Upstream | null;
  readonly generation: number;
  readonly sequence: number;
  readonly actor: string;
  readonly at: number;
};

/** An effect that a write promised and that is not done yet. */
export type Owed =
  | { readonly kind: "publish"; readonly since: number }
  | { readonly kind: "event"; readonly since: number; readonly event: StatusEvent };

export type LastRefresh = {
  readonly at: number;
  readonly outcome: "succeeded" | "failed" | "unknown";
  readonly code: ErrorCode | null;
};

/** One stored authorization of one account at one provider. All times are epoch milliseconds. */
export type Connection = {
  readonly id: ConnectionId;
  /** `unconnected`: holds a candidate and has never held a token set. To everyone outside it does not exist. */
  readonly status: Status | "unconnected";
  readonly reason: Reason | null;
  /** +1 for every committed token set and every revocation; never goes down. */
  readonly generation: number;
  /** +1 for every write but a discharge. */
  readonly sequence: number;
  readonly label: string | null;
  readonly origin: string;
  readonly secretName: string | null;
  /** The token set, sealed by the attempt in `committedBy`. */
  readonly tokens: Sealed | null;
  readonly issuedAt: number | null;
  readonly expiresAt: number | null;
  readonly refreshAt: number | null;
  /** The attempt, authorization or candidate that wrote the token set. */
  readonly committedBy: string | null;
  /** The ticket of the last authorization, by its hash: the write that connects is the one that spends the ticket. */
  readonly ticketHash: string | null;
  /** True where the token set came from a `rejected` report. */
  readonly fromRejected: boolean;
  readonly attempt: Attempt | null;
  /** This generation's refresh token may have been spent by an attempt that never learned its outcome. */
  readonly unknown: boolean;
  /** Failed tries in a row. */
  readonly tries: number;
  /** Attempts in a row, a backoff apart, that the provider refused without being believed yet. */
  readonly refusals: number;
  /** No attempt before `at`. */
  readonly retry: { readonly at: number; readonly code: ErrorCode } | null;
  readonly lastRefresh: LastRefresh | null;
  readonly candidate: Candidate | null;
  /** When the connection was last revoked. Stays for ever, so that no invitation from before can revive it. */
  readonly revokedAt: number | null;
  readonly revocation: {
    readonly id: string;
    /** The generation whose successor may still be on its way; null once that was stored. */
    readonly revokedGeneration: number | null;
    readonly upstream: Upstream | null;
    readonly actor: string;
  } | null;
  readonly owed: Readonly<Record<string, Owed>>;
  readonly createdAt: number;
  readonly updatedAt: number;
};

/** A connection that nothing was written of yet. */
export function unwrittenConnection(id: ConnectionId, origin: string, now: number): Connection {
  return {
    id,
    status: "unconnected",
    reason: null,
    generation: 0,
    sequence: 0,
    label: null,
    origin,
    secretName: null,
    tokens: null,
    issuedAt: null,
    expiresAt: null,
    refreshAt: null,
    committedBy: null,
    ticketHash: null,
    fromRejected: false,
    attempt: null,
    unknown: false,
    tries: 0,
    refusals: 0,
    retry: null,
    lastRefresh: null,
    candidate: null,
    revokedAt: null,
    revocation: null,
    owed: {},
    createdAt: now,
    updatedAt: now,
  };
}

/** The provider part of the connection's id. */
export function providerOf(connection: Pick<Connection, "id">): string {
  return splitConnectionId(connection.id).provider;
}

/** True while somebody holds the right to run an attempt. */
export function isLeased(connection: Connection, now: number): boolean {
  return connection.attempt !== null && !connection.attempt.ended && connection.attempt.leaseUntil > now;
}

/** The last attempt, where it began and never wrote how it ended. */
export function crashedAttempt(connection: Connection, now: number): Attempt | undefined {
  const { attempt } = connection;
  return attempt !== null && !attempt.ended && attempt.leaseUntil <= now ? attempt : undefined;
}

/** True where this generation's refresh token may be spent already, and presenting it again is how to find out. */
export function needsReplay(connection: Connection, now: number): boolean {
  const crashed = crashedAttempt(connection, now);
  const spends = [connection.generation, connection.revocation?.revokedGeneration];
  return connection.unknown || (crashed?.kind === "refresh" && spends.includes(crashed.generation));
}

/**
 * When the next refresh is to be tried: ahead of expiry, and after a failure as soon as its backoff ends, so that nothing
 * stays `degraded` for longer than the provider does.
 */
export function nextRefreshAt(connection: Connection): number {
  const { status, refreshAt, retry } = connection;
  if (status === "degraded" && retry !== null) return retry.at;
  return Math.max(refreshAt ?? 0, retry?.at ?? 0);
}

/**
 * When a sweep has to look at the connection: epoch milliseconds, or null for never.
 *
 * A function of the record alone, so that every write can set the index key without knowing why it is what it is.
 */
export function dueAt(connection: Connection): number | null {
  const times: number[] = Object.values(connection.owed).map((owed) => owed.since + timing.owedAfter);
  if (connection.attempt !== null && !connection.attempt.ended) {
    times.push(connection.attempt.leaseUntil);
  } else {
    if (connection.candidate !== null) times.push(connection.candidate.retryAt);
    if (connection.status === "revoking") times.push(connection.retry?.at ?? connection.revokedAt ?? 0);
    const isAlive = connection.status === "active" || connection.status === "degraded";
    if (connection.unknown && (isAlive || connection.status === "reauthorization_required")) {
      times.push(connection.retry?.at ?? 0);
    } else if (isAlive) {
      times.push(nextRefreshAt(connection));
    }
  }
  return times.length === 0 ? null : Math.min(...times);
}
