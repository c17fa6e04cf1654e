import type { TokenSet } from "../oauth/token-set.ts";
import type { Candidate, Connection, Sealed, Status } from "./connection.ts";
import { type Author, type Changes, change } from "./connection-change.ts";
import type { ConnectionWrite, Guard } from "./connection-store.ts";
import { refreshAt } from "./refresh-schedule.ts";

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
      /** The attempt under which the code was exchanged, where the connection was being revoked. */
      readonly leaseId: string | undefined;
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
      ...(connection.status === "unconnected" ? { createdAt: author.now } : {}),
      issuedAt: tokens.issuedAt,
      expiresAt: tokens.expiresAt,
      refreshAt: refreshAt(connection.id, tokens),
      committedBy: author.by,
      fromRejected: input.fromRejected,
      unknown: false,
      // While it is being revoked, a refresh is no success yet: the call it was made for may fail again.
      tries: input.usable && !revoking ? 0 : connection.tries + (input.usable ? 0 : 1),
      refusals: 0,
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
    {
      publish: input.secretName !== null || (connection.secretName !== null && revoking),
      isAuthorization: !isRefresh,
    },
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
        : {
            ...found,
            notRevokedSince: consumed.ticketIssuedAt,
            ticketHashNot: consumed.ticketHash,
            ...(consumed.leaseId === undefined ? {} : { attemptId: consumed.leaseId }),
          };
  }
}

/** A commit ends its own attempt. An authorization takes precedence over any lease, and ends whatever attempt there is. */
function attemptAfter(connection: Connection, consumed: Consumed, author: Author): Changes {
  return consumed.kind === "code" || connection.attempt?.id === author.by ? { attempt: null } : {};
}
