import { listCursor, readListCursor } from "../../shared/aws/list-cursor.ts";
import type { Connection } from "../../shared/broker/connection.ts";
import { unwrittenConnection } from "../../shared/broker/connection.ts";
import { type ConnectionId, splitConnectionId } from "../../shared/broker/connection-id.ts";
import { type ConnectionStore, type Guard, WriteConflict } from "../../shared/broker/connection-store.ts";
import { deepFreeze } from "./deep-freeze.ts";

export type MemoryConnections = ConnectionStore & {
  /** Everything stored, with the index key of each. */
  readonly items: ReadonlyMap<ConnectionId, { readonly connection: Connection; readonly dueAt: number | null }>;
};

/**
 * A connection store in memory. It runs the same contract suite as the one on DynamoDB. What it holds is frozen and given
 * out as it is: whoever tried to change it would fail.
 *
 * @param from begins with what that one holds
 */
export function memoryConnections(from?: MemoryConnections): MemoryConnections {
  const items = new Map(from?.items);
  return {
    items,
    async read(id) {
      return items.get(id)?.connection;
    },
    async write(id, { guard, set, owe, settle, dueAt }) {
      const found = items.get(id)?.connection;
      if (!holds(found, guard)) throw new WriteConflict(id);
      const before = found ?? unwrittenConnection(id, "", 0);
      const owed = { ...before.owed, ...owe };
      for (const debt of settle) delete owed[debt];
      const connection = deepFreeze({ ...before, ...set, id, owed, sequence: before.sequence + 1 });
      items.set(id, { connection, dueAt });
      return connection;
    },
    async discharge(id, { sequence, settle, dueAt }) {
      const found = items.get(id)?.connection;
      if (found === undefined || found.sequence !== sequence) return false;
      const owed = { ...found.owed };
      for (const debt of settle) delete owed[debt];
      items.set(id, { connection: deepFreeze({ ...found, owed }), dueAt });
      return true;
    },
    async removeUnconnected(id, sequence) {
      const found = items.get(id)?.connection;
      if (found?.status !== "unconnected" || found.sequence !== sequence) return false;
      return items.delete(id);
    },
    async due({ provider, now, limit }) {
      return [...items]
        .filter(([id, item]) => splitConnectionId(id).provider === provider && item.dueAt !== null && item.dueAt <= now)
        .sort(
          ([leftId, left], [rightId, right]) => (left.dueAt ?? 0) - (right.dueAt ?? 0) || (leftId < rightId ? -1 : 1),
        )
        .slice(0, limit)
        .map(([id]) => id);
    },
    async list({ provider, limit, cursor }) {
      const after = cursor === undefined ? "" : readListCursor(provider, cursor);
      const found = [...items.values()]
        .map(({ connection }) => connection)
        .filter(({ id, status }) => status !== "unconnected" && splitConnectionId(id).provider === provider)
        .filter(({ id }) => splitConnectionId(id).account > after)
        .sort((left, right) => (left.id < right.id ? -1 : 1));
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const isLast = last === undefined || found.length <= limit;
      return {
        connections: page,
        nextCursor: isLast ? null : listCursor(splitConnectionId(last.id).account),
      };
    },
  };
}

function holds(found: Connection | undefined, guard: Guard): boolean {
  return (
    (found === undefined) === (guard.absent ?? false) &&
    is(guard.sequence, found?.sequence) &&
    is(guard.generation, found?.generation) &&
    is(guard.status, found?.status) &&
    is(guard.attemptId, found?.attempt?.id) &&
    is(guard.candidateId, found?.candidate?.id) &&
    is(guard.revokedGeneration, found?.revocation?.revokedGeneration) &&
    (guard.ticketHashNot === undefined || found?.ticketHash !== guard.ticketHashNot) &&
    (guard.notRevokedSince === undefined || (found?.revokedAt ?? Number.NEGATIVE_INFINITY) < guard.notRevokedSince)
  );
}

function is<Value>(wanted: Value | undefined, found: Value | null | undefined): boolean {
  return wanted === undefined || wanted === found;
}
