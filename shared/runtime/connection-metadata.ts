import { type Connection, nextRefreshAt } from "../broker/connection.ts";
import { splitConnectionId } from "../broker/connection-id.ts";

/**
 * What anyone with access to the list may know of a connection. Times are ISO 8601 UTC with milliseconds.
 *
 * @param publish providers whose access tokens are published: a secret that is no longer written is not named
 */
export function connectionMetadata(connection: Connection, publish: ReadonlySet<string>) {
  const { provider, account } = splitConnectionId(connection.id);
  const { lastRefresh } = connection;
  return {
    provider,
    account,
    label: connection.label,
    status: connection.status,
    reason: connection.reason,
    origin: connection.origin,
    generation: connection.generation,
    expires_at: isoTime(connection.expiresAt),
    refresh_at: isoTime(nextRefresh(connection)),
    last_refresh:
      lastRefresh === null
        ? { at: null, outcome: null, code: null }
        : { at: isoTime(lastRefresh.at), outcome: lastRefresh.outcome, code: lastRefresh.code },
    created_at: isoTime(connection.createdAt),
    updated_at: isoTime(connection.updatedAt),
    secret_name: publish.has(provider) ? connection.secretName : null,
  };
}

function nextRefresh(connection: Connection): number | null {
  if (connection.status !== "active" && connection.status !== "degraded") return null;
  return nextRefreshAt(connection);
}

/** Epoch milliseconds as ISO 8601, null where there are none. */
export function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
