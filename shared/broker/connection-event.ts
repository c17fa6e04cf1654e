import type { Connection, Status, StatusEvent } from "./connection.ts";
import type { Author } from "./connection-change.ts";
import type { ConnectionEventName } from "./event-names.ts";

/** What a change to a status is called where nobody has authorized. */
const names: Readonly<Record<Status, ConnectionEventName>> = {
  active: "connection.recovered",
  degraded: "connection.degraded",
  reauthorization_required: "connection.reauthorization_required",
  revoking: "connection.revoking",
  revoked: "connection.revoked",
};

/**
 * What a write tells the world: that the account was authorized, whatever its status was before; otherwise that the status
 * has changed. Never both, and never anything of a connection that was never connected.
 */
export function connectionEvent(
  before: Connection,
  after: Connection,
  isAuthorization: boolean,
  author: Author,
): StatusEvent | undefined {
  const { status } = after;
  if (status === "unconnected" || (status === before.status && !isAuthorization)) return undefined;
  const name = isAuthorization ? "connection.authorized" : names[status];
  return {
    id: `${before.id}#${author.by}-${name.slice("connection.".length)}`,
    name,
    status,
    previousStatus: before.status === "unconnected" ? null : before.status,
    reason: after.reason,
    code: status === "degraded" ? (after.retry?.code ?? null) : null,
    upstream: status === "revoked" ? (after.revocation?.upstream ?? null) : null,
    generation: after.generation,
    sequence: before.sequence + 1,
    actor: author.actor,
    at: author.now,
  };
}
