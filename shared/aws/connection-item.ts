import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Attempt, Candidate, Connection, LastRefresh, Owed, Sealed, StatusEvent } from "../broker/connection.ts";
import type { ConnectionId } from "../broker/connection-id.ts";
import { hashFraction } from "../broker/refresh-schedule.ts";
import {
  type Attributes,
  type Codec,
  type Codecs,
  count,
  entries,
  flag,
  nullable,
  number,
  readMembers,
  record,
  text,
  unreadable,
} from "./attribute.ts";
import { table } from "./table-definition.ts";

const sealed = record<Sealed>({ jwe: text(), dataKey: text() });

const attempt = record<Attempt>({ id: text(), kind: text(), generation: number, leaseUntil: number, ended: flag });

const candidate = record<Candidate>({
  id: text(),
  refreshToken: sealed,
  origin: text(),
  actor: text(),
  requestedAt: number,
  unknown: flag,
  refused: flag,
  tries: number,
  retryAt: number,
});

const statusEvent = record<StatusEvent>({
  id: text(),
  name: text(),
  status: text(),
  previousStatus: nullable(text()),
  reason: nullable(text()),
  code: nullable(text()),
  upstream: nullable(text()),
  generation: number,
  sequence: number,
  actor: text(),
  at: number,
});

const debt = record<{ readonly kind: Owed["kind"]; readonly since: number; readonly event: StatusEvent | null }>({
  kind: text(),
  since: number,
  event: nullable(statusEvent),
});

/** One entry of `owed`. */
export const owed: Codec<Owed> = {
  write: (value) => debt.write({ event: null, ...value }),
  read: (attribute, name) => {
    const { kind, since, event } = debt.read(attribute, name);
    if (kind === "publish") return { kind, since };
    return { kind, since, event: event ?? unreadable(`${name}.event`) };
  },
};

/** How a connection is stored, member by member. Its id is in the key. */
export const connectionCodecs: Codecs<Omit<Connection, "id">> = {
  status: text(),
  reason: nullable(text()),
  generation: number,
  sequence: number,
  label: nullable(text()),
  origin: text(),
  secretName: nullable(text()),
  tokens: nullable(sealed),
  issuedAt: nullable(number),
  expiresAt: nullable(number),
  refreshAt: nullable(number),
  committedBy: nullable(text()),
  ticketHash: nullable(text()),
  fromRejected: flag,
  attempt: nullable(attempt),
  unknown: flag,
  tries: number,
  refusals: count,
  retry: nullable(record<NonNullable<Connection["retry"]>>({ at: number, code: text() })),
  lastRefresh: nullable(record<LastRefresh>({ at: number, outcome: text(), code: nullable(text()) })),
  candidate: nullable(candidate),
  revokedAt: nullable(number),
  revocation: nullable(
    record<NonNullable<Connection["revocation"]>>({
      id: text(),
      revokedGeneration: nullable(number),
      upstream: nullable(text()),
      actor: text(),
    }),
  ),
  owed: entries(owed),
  createdAt: number,
  updatedAt: number,
};

const keyPrefix = "connection#";

/** Primary key of a connection's item. */
export function connectionKey(id: ConnectionId): Record<string, AttributeValue> {
  return { [table.key]: { S: `${keyPrefix}${id}` } };
}

/** The id of the connection that an item or an index entry belongs to. */
export function connectionIdOf(attributes: Attributes): ConnectionId {
  return attributes[table.key]?.S?.slice(keyPrefix.length) as ConnectionId;
}

/** @throws BrokerError `internal_error` where the item is not one of ours */
export function readConnection(item: Attributes): Connection {
  return { id: connectionIdOf(item), ...readMembers(connectionCodecs, item) };
}

/** Partitions of the due index that connections of a provider are in. */
export function duePartition(provider: string, shard: number): string {
  return `due#${provider}#${shard}`;
}

/** The shard of a connection. Salted: the plain hash decides already when within its life a token is refreshed. */
export function shardOf(id: ConnectionId, shards: number): number {
  return Math.floor(hashFraction(`${id}#due`) * shards);
}

/** Partition of the list's index that a provider's connections are in. */
export function listPartition(provider: string): string {
  return `provider#${provider}`;
}
