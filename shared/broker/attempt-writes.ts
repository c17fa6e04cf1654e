import {
  type Attempt,
  type Candidate,
  type Connection,
  crashedAttempt,
  needsReplay,
  type Reason,
} from "./connection.ts";
import { type Author, change, ended, own, whole } from "./connection-change.ts";
import type { ConnectionWrite, Guard } from "./connection-store.ts";
import type { ErrorCode } from "./error.ts";
import { timing } from "./timing.ts";

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
  return change(
    connection,
    whole(connection),
    author,
    {
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
    },
    { isUnseen: true },
  );
}

/** The provider's own word that the grant is dead. Does not count the generation up: a late commit may still prove it wrong. */
export function condemn(connection: Connection, reason: Reason, author: Author): ConnectionWrite {
  return change(connection, own(connection, author), author, {
    status: "reauthorization_required",
    reason,
    attempt: ended(connection),
    unknown: false,
    refusals: 0,
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
  /** Refusals in a row from now on; the same as before where the provider was not asked. 0 where not given. */
  readonly refusals?: number;
};

/** Ends an attempt that did not get a token set, and leaves the connection alone for a while. */
export function backOff(connection: Connection, failed: FailedTry, author: Author): ConnectionWrite {
  const degrades = failed.degrades && connection.status === "active";
  return change(connection, own(connection, author), author, {
    attempt: ended(connection),
    ...(degrades ? { status: "degraded" as const } : {}),
    unknown: connection.unknown || failed.unknown,
    tries: connection.tries + 1,
    refusals: failed.refusals ?? 0,
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

/** The same for a candidate. */
export function postponeCandidate(
  connection: Connection,
  candidate: Candidate,
  retryAt: number,
  author: Author,
): ConnectionWrite {
  const postponed = { ...candidate, unknown: true, retryAt };
  const changes = { attempt: ended(connection), candidate: postponed };
  return change(connection, whole(connection), author, changes, { isUnseen: true });
}

/** Ends an attempt on a candidate. `candidate` null: it is dropped, and what was there stays untouched. */
export function endCandidate(connection: Connection, candidate: Candidate | null, author: Author): ConnectionWrite {
  const guard: Guard = connection.candidate === null ? {} : { candidateId: connection.candidate.id };
  return change(
    connection,
    { ...own(connection, author), ...guard },
    author,
    {
      attempt: ended(connection),
      candidate,
    },
    { isUnseen: true },
  );
}

/** Gives the lease back; nothing else happened. */
export function release(connection: Connection, author: Author): ConnectionWrite {
  return change(connection, own(connection, author), author, { attempt: ended(connection) }, { isUnseen: true });
}

/** Closes a crashed attempt that left nothing to find out, so that no sweep looks at it again. */
export function closeAttempt(connection: Connection, author: Author): ConnectionWrite {
  return change(connection, whole(connection), author, { attempt: ended(connection) }, { isUnseen: true });
}
