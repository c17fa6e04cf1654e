import type { AttributeValue, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import { type ConnectionId, splitConnectionId } from "../broker/connection-id.ts";
import type { ConnectionStore, ConnectionWrite, Guard } from "../broker/connection-store.ts";
import { attributeName, type Codec } from "./attribute.ts";
import { connectionCodecs, connectionKey, duePartition, listPartition, owed, shardOf } from "./connection-item.ts";
import { type References, references, updateExpression } from "./expression.ts";
import { table } from "./table-definition.ts";

type Update = Pick<
  UpdateItemCommandInput,
  "Key" | "UpdateExpression" | "ConditionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
>;

type Discharge = Parameters<ConnectionStore["discharge"]>[1];

/** One assignment: the path of an attribute, and what it holds afterwards; undefined removes it. */
type Change = readonly [path: readonly string[], value: AttributeValue | undefined];

const { due, byProvider } = table.indexes;

/** The conditions of a guard, by name. */
const clauses = {
  isAbsent: ({ path }: References) => `attribute_not_exists(${path(table.key)})`,
  isStored: ({ path }: References) => `attribute_exists(${path(table.key)})`,
  hasSequence: ({ path, value }: References, sequence: number) =>
    `${path("sequence")} = ${value({ N: String(sequence) })}`,
  hasGeneration: ({ path, value }: References, generation: number) =>
    `${path("generation")} = ${value({ N: String(generation) })}`,
  hasStatus: ({ path, value }: References, status: string) => `${path("status")} = ${value({ S: status })}`,
  hasAttempt: ({ path, value }: References, id: string) => `${path("attempt", "id")} = ${value({ S: id })}`,
  hasCandidate: ({ path, value }: References, id: string) => `${path("candidate", "id")} = ${value({ S: id })}`,
  awaitsSuccessorOf: ({ path, value }: References, generation: number) =>
    `${path("revocation", "revoked_generation")} = ${value({ N: String(generation) })}`,
  isNotRevokedSince: ({ path, value }: References, time: number) =>
    `(attribute_not_exists(${path("revoked_at")}) OR ${path("revoked_at")} < ${value({ N: String(time) })})`,
  isOfAnotherTicket: ({ path, value }: References, hash: string) =>
    `(attribute_not_exists(${path("ticket_hash")}) OR ${path("ticket_hash")} <> ${value({ S: hash })})`,
} as const;

/** The one request that a write of a connection is. */
export function writeUpdate(id: ConnectionId, write: ConnectionWrite, shards: number): Update {
  const at = references();
  const changes = [
    ...memberChanges(write.set),
    ...listChanges(id, write.set.status),
    ...dueChanges(id, write.dueAt, shards),
    ...owedChanges(write),
  ];
  return {
    Key: connectionKey(id),
    UpdateExpression: updateExpression({
      ...actions(changes, at),
      ADD: [`${at.path("sequence")} ${at.value({ N: "1" })}`],
    }),
    ConditionExpression: guardClauses(write.guard, at).join(" AND "),
    ...at.all(),
  };
}

/** The one request that a discharge is. It leaves `sequence` alone: what was read stays good for a write. */
export function dischargeUpdate(id: ConnectionId, { sequence, settle, dueAt }: Discharge, shards: number): Update {
  const at = references();
  const changes = [...dueChanges(id, dueAt, shards), ...settle.map((debt): Change => [["owed", debt], undefined])];
  return {
    Key: connectionKey(id),
    UpdateExpression: updateExpression(actions(changes, at)),
    ConditionExpression: [clauses.isStored(at), clauses.hasSequence(at, sequence)].join(" AND "),
    ...at.all(),
  };
}

/** The one request that removes what was never connected. */
export function removal(id: ConnectionId, sequence: number): Omit<Update, "UpdateExpression"> {
  const at = references();
  return {
    Key: connectionKey(id),
    ConditionExpression: guardClauses({ sequence, status: "unconnected" }, at).join(" AND "),
    ...at.all(),
  };
}

function guardClauses(guard: Guard, at: References): readonly string[] {
  const held = [guard.absent ? clauses.isAbsent(at) : clauses.isStored(at)];
  if (guard.sequence !== undefined) held.push(clauses.hasSequence(at, guard.sequence));
  if (guard.generation !== undefined) held.push(clauses.hasGeneration(at, guard.generation));
  if (guard.status !== undefined) held.push(clauses.hasStatus(at, guard.status));
  if (guard.attemptId !== undefined) held.push(clauses.hasAttempt(at, guard.attemptId));
  if (guard.candidateId !== undefined) held.push(clauses.hasCandidate(at, guard.candidateId));
  if (guard.revokedGeneration !== undefined) held.push(clauses.awaitsSuccessorOf(at, guard.revokedGeneration));
  if (guard.notRevokedSince !== undefined) held.push(clauses.isNotRevokedSince(at, guard.notRevokedSince));
  if (guard.ticketHashNot !== undefined) held.push(clauses.isOfAnotherTicket(at, guard.ticketHashNot));
  return held;
}

function memberChanges(set: ConnectionWrite["set"]): readonly Change[] {
  return Object.entries(set).map(([member, value]) => {
    const codec = connectionCodecs[member as keyof typeof set] as Codec<unknown, AttributeValue | undefined>;
    return [[attributeName(member)], codec.write(value)];
  });
}

/** In the list from the first status on that anybody outside sees. */
function listChanges(id: ConnectionId, status: ConnectionWrite["set"]["status"]): readonly Change[] {
  if (status === undefined) return [];
  if (status === "unconnected") return [[[byProvider.hash], undefined]];
  const { provider, account } = splitConnectionId(id);
  return [
    [[byProvider.hash], { S: listPartition(provider) }],
    [[byProvider.range], { S: account }],
  ];
}

function dueChanges(id: ConnectionId, dueAt: number | null, shards: number): readonly Change[] {
  const partition = duePartition(splitConnectionId(id).provider, shardOf(id, shards));
  return [
    [[due.hash], dueAt === null ? undefined : { S: partition }],
    [[due.range], dueAt === null ? undefined : { N: String(dueAt) }],
  ];
}

/**
 * The map as a whole is written once, with the item: a path cannot be set in a map that is not there. From then on only
 * single entries are, so that no write undoes what a discharge or another write did beside it.
 */
function owedChanges({ guard, owe, settle }: ConnectionWrite): readonly Change[] {
  const incurred = Object.entries(owe).filter(([debt]) => !settle.includes(debt));
  if (guard.absent) return [[["owed"], connectionCodecs.owed.write(Object.fromEntries(incurred))]];
  return [
    ...incurred.map(([debt, value]): Change => [["owed", debt], owed.write(value)]),
    ...settle.map((debt): Change => [["owed", debt], undefined]),
  ];
}

function actions(changes: readonly Change[], at: References): { readonly SET: string[]; readonly REMOVE: string[] } {
  const SET: string[] = [];
  const REMOVE: string[] = [];
  for (const [path, value] of changes) {
    if (value === undefined) REMOVE.push(at.path(...path));
    else SET.push(`${at.path(...path)} = ${at.value(value)}`);
  }
  return { SET, REMOVE };
}
