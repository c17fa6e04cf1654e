import type { Connection } from "./connection.ts";
import { type Author, change, whole } from "./connection-change.ts";
import type { ConnectionWrite } from "./connection-store.ts";

/** Learns what the provider calls the account. */
export function setLabel(connection: Connection, label: string, author: Author): ConnectionWrite {
  return change(connection, whole(connection), author, { label });
}

/** The table was restored to a time before `publishedGeneration`: generations go on above it. */
export function raiseGeneration(connection: Connection, publishedGeneration: number, author: Author): ConnectionWrite {
  return change(connection, whole(connection), author, { generation: publishedGeneration + 1 }, { publish: true });
}

/**
 * Removes what a person could be known by from a revoked connection. The generation stays, so that a later authorization goes
 * on above it; and so does when and how it was revoked, so that no invitation from before can revive it.
 */
export function forget(connection: Connection, author: Author): ConnectionWrite {
  return change(connection, { ...whole(connection), status: "revoked" }, author, {
    label: null,
    lastRefresh: null,
    secretName: null,
  });
}
