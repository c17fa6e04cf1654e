import type { TokenSet } from "../oauth/token-set.ts";
import type {
  Attempt,
  Candidate,
  Connection,
  Owed,
  Reason,
  Sealed,
  Status,
  StatusEvent,
  Upstream,
} from "./connection.ts";
import { crashedAttempt, dueAt, needsReplay } from "./connection.ts";
import type { ErrorCode } from "./error.ts";
import type { ConnectionWrite, Guard } from "./ports.ts";
import { refreshAt } from "./refresh-schedule.ts";
import { timing } from "./timing.ts";

type Changes = ConnectionWrite["set"];

/** Who makes a write, and when. `by` becomes part of the ids of what the write owes. */
export type Author = { readonly by: string; readonly actor: string; readonly now: number };

/** Takes the lease and records the attempt: the durable intent, before anything is spent. */
export function begin(
  connection: Connection,
  kind: Attempt["kind"],
  author: Author,
  candidate?: Candidate,
): ConnectionWrite {
  const { generation } = connection;
  const attempt: Attempt = { id: author.by, kind, generation, leaseUntil: author.now + timing.lease, ended: false };
  const crashed = crashedAttempt(connection, author.now)?.kind;
  const pending = candidate ?? connection.candidate;
  return change(connection, whole(connection), author, {
    attempt,
    unknown: needsReplay(connection, author.now),
    candidate:
      pending === null
        ? null
        : {
            ...pending,
            unknown: pending.unknown || (crashed === "candidate" && candidate === undefined),
            retryAt: kind === "candidate" ? attempt.leaseUntil : pending.retryAt,
          },
  });
}

/** Where a token set goes: over the generation that was spent for it, whatever else happened to the item since. */
export type Consumed =
  | { readonly kind: "generation"; readonly generation: number }
  /** What a refresh received after the connection had been revoked under it. */
  | { readonly kind: "revoked-generation"; readonly generation: number }
  | { readonly kind: "candidate"; readonly candidate: Candidate }
  | {
      readonly kind: "code";
      readonly ticketHash: string;
      readonly ticketIssuedAt: number;
      readonly label: string | null;
      readonly origin: string;
      /** The ticket allows to replace the account that is connected by another one. */
      readonly anyAccount: boolean;
    };

export type Commit = {
  readonly consumed: Consumed;
  readonly tokens: TokenSet;
  readonly sealed: Sealed;
  /** False where the answer's access token could not be used: what it carried is kept, and the refresh counts as failed. */
  readonly usable: boolean;
  readonly fromRejected: boolean;
  readonly retryAt: number;
  /** Name to publish under; null where this connection is not published. */
  readonly secretName: string | null;
};

/**
 * Makes a token set durable. The guard is what was consumed, never the lease and never the whole item: whoever holds
 * the successor of a generation may write it, once.
 */
export function commit(connection: Connection, input: Commit, author: Author): ConnectionWrite {
  const { consumed, tokens } = input;
  const isRefresh = consumed.kind === "generation" || consumed.kind === "revoked-generation";
  const revoking = isRefresh && connection.status === "revoking";
  const status: Status = revoking ? "revoking" : input.usable ? "active" : "degraded";
  const outcome = input.usable
    ? ({ outcome: "succeeded", code: null } as const)
    : ({ outcome: "failed", code: "provider_unavailable" } as const);
  return change(
    connection,
    commitGuard(connection, consumed, author),
    author,
    {
      status,
      reason: null,
      generation: connection.generation + 1,
      secretName: input.secretName ?? connection.secretName,
      tokens: input.sealed,
      issuedAt: tokens.issuedAt,
      expiresAt: tokens.expiresAt,
      refreshAt: refreshAt(connection.id, tokens),
      committedBy: author.by,
      fromRejected: input.fromRejected,
      unknown: false,
      // While it is being revoked, a refresh is no success yet: the call it was made for may fail again.
      tries: input.usable && !revoking ? 0 : connection.tries + (input.usable ? 0 : 1),
      retry: input.usable ? null : { at: input.retryAt, code: "provider_unavailable" },
      ...(consumed.kind === "candidate" || isRefresh ? { lastRefresh: { at: author.now, ...outcome } } : {}),
      ...attemptAfter(connection, consumed, author),
      ...(consumed.kind === "code"
        ? { label: consumed.label ?? connection.label, origin: consumed.origin, ticketHash: consumed.ticketHash }
        : {}),
      ...(consumed.kind === "candidate" ? { origin: consumed.candidate.origin } : {}),
      ...(isRefresh ? {} : { candidate: null, revocation: null }),
      ...(revoking && connection.revocation !== null
        ? { revocation: { ...connection.revocation, revokedGeneration: null } }
        : {}),
    },
    { publish: input.secretName !== null || (connection.secretName !== null && revoking) },
  );
}

/**
 * The status is in every guard beside the generation, because the event a commit owes depends on it; and the attempt as
 * long as it is one's own, because the commit ends it. Neither can refuse a commit: where one of them has changed and the
 * generation has not, the commit is made again on top of that.
 */
function commitGuard(connection: Connection, consumed: Consumed, author: Author): Guard {
  const { generation, status, attempt } = connection;
  const found: Guard =
    attempt?.id === author.by ? { generation, status, attemptId: author.by } : { generation, status };
  switch (consumed.kind) {
    case "generation":
      return { ...found, generation: consumed.generation };
    case "revoked-generation":
      return { ...found, revokedGeneration: consumed.generation };
    case "candidate":
      return { ...found, candidateId: consumed.candidate.id };
    case "code":
      return connection.sequence === 0
        ? { absent: true }
        : { ...found, notRevokedSince: consumed.ticketIssuedAt, ticketHashNot: consumed.ticketHash };
  }
}

/** A commit ends its own attempt. An authorization takes precedence over any lease, and ends whatever attempt there is. */
function attemptAfter(connection: Connection, consumed: Consumed, author: Author): Changes {
  return consumed.kind === "code" || connection.attempt?.id === author.by ? { attempt: null } : {};
}

/** The provider's own word that the grant is dead. Does not count the generation up: a late commit may still prove it wrong. */
export function condemn(connection: Connection, reason: Reason, author: Author): ConnectionWrite {
  return change(connection, own(connection, author), author, {
    status: "reauthorization_required",
    reason,
    attempt: ended(connection),
    unknown: false,
    retry: null,
    lastRefresh: { at: author.now, outcome: "failed", code: "grant_rejected" },
  });
}

export type FailedTry = {
  readonly code: ErrorCode;
  readonly unknown: boolean;
  readonly retryAt: number;
  /** False for failures that say nothing about this connection. */
  readonly degrades: boolean;
};

/** Ends an attempt that did not get a token set, and leaves the connection alone for a while. */
export function backOff(connection: Connection, failed: FailedTry, author: Author): ConnectionWrite {
  const degrades = failed.degrades && connection.status === "active";
  return change(connection, own(connection, author), author, {
    attempt: ended(connection),
    ...(degrades ? { status: "degraded" as const } : {}),
    unknown: connection.unknown || failed.unknown,
    tries: connection.tries + 1,
    retry: { at: failed.retryAt, code: failed.code },
    ...(connection.attempt?.kind === "refresh"
      ? { lastRefresh: { at: author.now, outcome: failed.unknown ? "unknown" : "failed", code: failed.code } }
      : {}),
  });
}

/**
 * A crashed attempt whose refresh token must not be presented again before `retryAt`. Nobody holds the lease, so this
 * rests on the whole item.
 */
export function postponeReplay(connection: Connection, retryAt: number, author: Author): ConnectionWrite {
  return change(connection, whole(connection), author, {
    attempt: ended(connection),
    unknown: true,
    retry: { at: retryAt, code: "provider_unavailable" },
    lastRefresh: { at: author.now, outcome: "unknown", code: "provider_unavailable" },
  });
}

/** Ends an attempt on a candidate. `candidate` null: it is dropped, and what was there stays untouched. */
export function endCandidate(connection: Connection, candidate: Candidate | null, author: Author): ConnectionWrite {
  const guard: Guard = connection.candidate === null ? {} : { candidateId: connection.candidate.id };
  return change(connection, { ...own(connection, author), ...guard }, author, {
    attempt: ended(connection),
    candidate,
  });
}

/** Gives the lease back; nothing else happened. */
export function release(connection: Connection, author: Author): ConnectionWrite {
  return change(connection, own(connection, author), author, { attempt: ended(connection) });
}

/** Closes a crashed attempt that left nothing to find out, so that no sweep looks at it again. */
export function closeAttempt(connection: Connection, author: Author): ConnectionWrite {
  return change(connection, whole(connection), author, { attempt: ended(connection) });
}

/** Forgets a refresh token that was handed in and whose outcome is unknown. An attempt on it finds that it is gone. */
export function dropCandidate(connection: Connection, author: Author): ConnectionWrite {
  return change(connection, whole(connection), author, { candidate: null });
}

/** First step of revoking: from here on nobody is given a token. Leaves a lease alone: its attempt may be spending. */
export function beginRevoking(connection: Connection, author: Author): ConnectionWrite {
  return change(
    connection,
    { generation: connection.generation, status: connection.status },
    author,
    {
      status: "revoking",
      reason: null,
      generation: connection.generation + 1,
      revokedAt: author.now,
      revocation: { id: author.by, revokedGeneration: connection.generation, upstream: null, actor: author.actor },
      candidate: null,
      retry: null,
      tries: 0,
    },
    { publish: connection.secretName !== null },
  );
}

/** The revocation endpoint did not accept the access token that authorized the call: it is as good as expired. */
export function bearerRejected(connection: Connection, failed: FailedTry, author: Author): ConnectionWrite {
  const write = backOff(connection, failed, author);
  return { ...write, set: { ...write.set, expiresAt: author.now } };
}

/** Last step of revoking. `whateverTheLease`: the operator does not want to wait. */
export function finishRevoking(
  connection: Connection,
  upstream: Upstream,
  author: Author,
  whateverTheLease: boolean,
): ConnectionWrite {
  const guard: Guard = whateverTheLease
    ? { generation: connection.generation, status: "revoking" }
    : { ...own(connection, author), status: "revoking" };
  return change(connection, guard, author, {
    status: "revoked",
    tokens: null,
    issuedAt: null,
    expiresAt: null,
    refreshAt: null,
    attempt: null,
    unknown: false,
    tries: 0,
    retry: null,
    revocation: connection.revocation === null ? null : { ...connection.revocation, upstream },
  });
}

/** Learns what the provider calls the account. */
export function setLabel(connection: Connection, label: string, author: Author): ConnectionWrite {
  return change(connection, whole(connection), author, { label });
}

/** The table was restored to a time before `publishedGeneration`: generations go on above it. */
export function raiseGeneration(connection: Connection, publishedGeneration: number, author: Author): ConnectionWrite {
  return change(connection, whole(connection), author, { generation: publishedGeneration + 1 }, { publish: true });
}

/** Nobody wrote since it was read. For decisions that rest on the whole item; a commit never does. */
function whole(connection: Connection): Guard {
  return connection.sequence === 0 ? { absent: true } : { sequence: connection.sequence };
}

/** What an attempt may write beside its commit: only while the generation and the attempt are still its own. */
function own(connection: Connection, author: Author): Guard {
  return { generation: connection.generation, attemptId: author.by };
}

function ended(connection: Connection): Attempt | null {
  return connection.attempt === null ? null : { ...connection.attempt, ended: true };
}

/** Completes a write with what every write has in common: when it happened, what it owes, when to look again. */
function change(
  connection: Connection,
  guard: Guard,
  author: Author,
  changes: Changes,
  effects: { readonly publish?: boolean } = {},
): ConnectionWrite {
  const first: Changes = connection.sequence === 0 ? fresh(connection) : {};
  const set: Changes = { ...first, ...changes, updatedAt: author.now };
  const next: Connection = { ...connection, ...set };
  const owe: Record<string, Owed> = {};
  const settle: string[] = [];
  if (effects.publish) {
    owe[`publish-${next.generation}`] = { kind: "publish", since: author.now };
    settle.push(...publishDebts(connection).filter((id) => !(id in owe)));
  }
  if (next.status !== connection.status && next.status !== "unconnected") {
    const change = `${author.by}-${next.status}`;
    const event = statusEvent(connection, next, next.status, `${connection.id}#${change}`, author);
    owe[`event-${change}`] = { kind: "event", since: author.now, event };
  }
  const owed = { ...connection.owed, ...owe };
  for (const id of settle) delete owed[id];
  return { guard, set, owe, settle, dueAt: dueAt({ ...next, owed }) };
}

/** Everything an item holds from its first write on. */
function fresh(connection: Connection): Changes {
  const { id: _id, sequence: _sequence, owed: _owed, ...rest } = connection;
  return rest;
}

function publishDebts(connection: Connection): readonly string[] {
  return Object.keys(connection.owed).filter((id) => connection.owed[id]?.kind === "publish");
}

function statusEvent(
  connection: Connection,
  next: Connection,
  status: Status,
  id: string,
  author: Author,
): StatusEvent {
  return {
    id,
    status,
    previousStatus: connection.status === "unconnected" ? null : connection.status,
    reason: next.reason,
    generation: next.generation,
    sequence: connection.sequence + 1,
    actor: author.actor,
    at: author.now,
  };
}
