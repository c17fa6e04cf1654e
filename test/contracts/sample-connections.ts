import { type Connection, type Owed, unwrittenConnection } from "../../shared/broker/connection.ts";
import { type ConnectionId, connectionId } from "../../shared/broker/connection-id.ts";
import type { ConnectionWrite } from "../../shared/broker/connection-store.ts";

type Members = ConnectionWrite["set"];

/** Every member holds something. */
export const fullMembers = {
  status: "active",
  reason: "lost_rotation",
  generation: 4,
  label: "Empresa Ágil",
  origin: "https://api.rd.services",
  secretName: "chaveiro/rd-station/acme",
  tokens: { jwe: "eyJ..AA", dataKey: "AQID" },
  issuedAt: 1_000,
  expiresAt: 2_000,
  refreshAt: 1_800,
  committedBy: "attempt-1",
  ticketHash: "ticket-1",
  fromRejected: true,
  attempt: { id: "attempt-2", kind: "refresh", generation: 3, leaseUntil: 1_900, ended: false },
  unknown: true,
  tries: 2,
  refusals: 1,
  retry: { at: 1_950, code: "provider_unavailable" },
  lastRefresh: { at: 1_850, outcome: "failed", code: "provider_unavailable" },
  candidate: {
    id: "candidate-1",
    refreshToken: { jwe: "eyJ..BB", dataKey: "BAUG" },
    origin: "https://itflex.example.com",
    actor: "arn:aws:iam::123456789012:role/operator",
    requestedAt: 1_700,
    unknown: true,
    refused: false,
    tries: 1,
    retryAt: 1_750,
  },
  revokedAt: 500,
  revocation: { id: "revocation-1", revokedGeneration: 3, upstream: "already_invalid", actor: "schedule" },
  createdAt: 100,
  updatedAt: 1_900,
} as const satisfies Members;

/** Everything that may be nothing is nothing. */
export function emptyMembers(): Members {
  const { id: _id, sequence: _sequence, owed: _owed, ...members } = unwrittenConnection("rd-station/acme", "", 100);
  return members;
}

export const publishDebt: Owed = { kind: "publish", since: 1_900 };

export function eventDebt(id: string): Owed {
  return {
    kind: "event",
    since: 1_900,
    event: {
      id,
      name: "connection.authorized",
      status: "active",
      previousStatus: null,
      reason: null,
      code: null,
      upstream: null,
      generation: 4,
      sequence: 1,
      actor: "schedule",
      at: 1_900,
    },
  };
}

/** A write that says nothing but what is given. */
export function writeOf(write: Partial<ConnectionWrite>): ConnectionWrite {
  return { guard: {}, set: {}, owe: {}, settle: [], dueAt: null, ...write };
}

/** A first write of a whole item. */
export function firstWrite(write: Partial<ConnectionWrite> = {}): ConnectionWrite {
  return writeOf({ ...write, guard: { absent: true, ...write.guard }, set: { ...emptyMembers(), ...write.set } });
}

/** `a`, `b`, … with leading zeros, so that the order of their names is that of their numbers. */
export function numberedId(provider: string, number: number): ConnectionId {
  return connectionId(provider, `account-${String(number).padStart(4, "0")}`);
}

export function idsOf(connections: readonly Pick<Connection, "id">[]): readonly ConnectionId[] {
  return connections.map(({ id }) => id);
}
