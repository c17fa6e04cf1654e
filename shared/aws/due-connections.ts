import { type AttributeValue, type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import type { ConnectionId } from "../broker/connection-id.ts";
import type { ConnectionStore } from "../broker/connection-store.ts";
import { connectionIdOf, duePartition } from "./connection-item.ts";
import { references } from "./expression.ts";
import { table } from "./table-definition.ts";

type Source = {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Those of the provider's shards that are read. */
  readonly shards: readonly number[];
};

type DueInput = Parameters<ConnectionStore["due"]>[0];

type Entry = { readonly id: ConnectionId; readonly dueAt: number };

const { due } = table.indexes;

/** Reads what is due from every shard, as much as is wanted from each, and merges it in key order. */
export async function dueConnections(source: Source, input: DueInput): Promise<readonly ConnectionId[]> {
  const shards = await Promise.all(source.shards.map((shard) => dueInShard(source, shard, input)));
  return shards
    .flat()
    .sort((left, right) => left.dueAt - right.dueAt || (left.id < right.id ? -1 : 1))
    .slice(0, input.limit)
    .map(({ id }) => id);
}

async function dueInShard(source: Source, shard: number, { provider, now, limit }: DueInput): Promise<Entry[]> {
  const entries: Entry[] = [];
  let start: Record<string, AttributeValue> | undefined;
  // A page ends early where it has become a megabyte.
  do {
    const { path, value, all } = references();
    const partition = `${path(due.hash)} = ${value({ S: duePartition(provider, shard) })}`;
    const { Items = [], LastEvaluatedKey } = await source.client.send(
      new QueryCommand({
        TableName: source.tableName,
        IndexName: due.name,
        KeyConditionExpression: `${partition} AND ${path(due.range)} <= ${value({ N: String(now) })}`,
        Limit: limit - entries.length,
        ExclusiveStartKey: start,
        ...all(),
      }),
    );
    entries.push(...Items.map((item) => ({ id: connectionIdOf(item), dueAt: Number(item[due.range]?.N) })));
    start = LastEvaluatedKey;
  } while (start !== undefined && entries.length < limit);
  return entries;
}
