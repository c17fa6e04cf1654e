import { backOff, type FailedTry } from "./attempt-writes.ts";
import { type Connection, isLeased, type Upstream } from "./connection.ts";
import { type Author, change, own } from "./connection-change.ts";
import type { ConnectionWrite, Guard } from "./connection-store.ts";

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
      refusals: 0,
    },
    { publish: connection.secretName !== null },
  );
}

/** The revocation endpoint did not accept the access token that authorized the call: it is as good as expired. */
export function bearerRejected(connection: Connection, failed: FailedTry, author: Author): ConnectionWrite {
  const write = backOff(connection, failed, author);
  return { ...write, set: { ...write.set, expiresAt: author.now } };
}

/**
 * Last step of revoking. `whateverTheLease`: the operator does not want to wait. Somebody else's attempt stays in the item
 * then: what it has sent may still end a grant that is authorized anew, and who authorizes waits for its lease.
 */
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
    attempt: whateverTheLease && isLeased(connection, author.now) ? connection.attempt : null,
    unknown: false,
    tries: 0,
    refusals: 0,
    retry: null,
    revocation: connection.revocation === null ? null : { ...connection.revocation, upstream },
  });
}
