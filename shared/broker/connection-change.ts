import { type Attempt, type Connection, dueAt, type Owed } from "./connection.ts";
import { connectionEvent } from "./connection-event.ts";
import type { ConnectionWrite, Guard } from "./connection-store.ts";

export type Changes = ConnectionWrite["set"];

/** Who makes a write, and when. `by` becomes part of the ids of what the write owes. */
export type Author = { readonly by: string; readonly actor: string; readonly now: number };

/** Nobody wrote since it was read. For decisions that rest on the whole item; a commit never does. */
export function whole(connection: Connection): Guard {
  return connection.sequence === 0 ? { absent: true } : { sequence: connection.sequence };
}

/** What an attempt may write beside its commit: only while nothing but discharges happened beside it. */
export function own(connection: Connection, author: Author): Guard {
  return { generation: connection.generation, status: connection.status, attemptId: author.by };
}

export function ended(connection: Connection): Attempt | null {
  return connection.attempt === null ? null : { ...connection.attempt, ended: true };
}

/** Completes a write with what every write has in common: when it happened, what it owes, when to look again. */
export function change(
  connection: Connection,
  guard: Guard,
  author: Author,
  changes: Changes,
  effects: { readonly publish?: boolean; readonly isUnseen?: boolean; readonly isAuthorization?: boolean } = {},
): ConnectionWrite {
  const first: Changes = connection.sequence === 0 ? fresh(connection) : {};
  const set: Changes = { ...first, ...changes, ...(effects.isUnseen ? {} : { updatedAt: author.now }) };
  const next: Connection = { ...connection, ...set };
  const owe: Record<string, Owed> = {};
  const settle: string[] = [];
  if (effects.publish) {
    owe[`publish-${next.generation}`] = { kind: "publish", since: author.now };
    settle.push(...publishDebts(connection).filter((id) => !(id in owe)));
  }
  const event = connectionEvent(connection, next, effects.isAuthorization === true, author);
  if (event !== undefined) owe[`event-${author.by}-${event.status}`] = { kind: "event", since: author.now, event };
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
