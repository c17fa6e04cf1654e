import { type AttributeValue, BatchGetItemCommand, type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import type { ConnectionId } from "../broker/connection-id.ts";
import { splitConnectionId } from "../broker/connection-id.ts";
import type { ConnectionPage, ConnectionStore } from "../broker/connection-store.ts";
import { BrokerError } from "../broker/error.ts";
import type { Clock } from "../broker/ports.ts";
import type { Attributes } from "./attribute.ts";
import { connectionIdOf, connectionKey, listPartition, readConnection } from "./connection-item.ts";
import { references } from "./expression.ts";
import { listCursor, readListCursor } from "./list-cursor.ts";
import { table } from "./table-definition.ts";

type Source = {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Pick<Clock, "sleep">;
};

type ListInput = Parameters<ConnectionStore["list"]>[0];

const { byProvider } = table.indexes;

/** How often what a batch left out is asked for again. */
const rounds = 6;

/**
 * One page of a provider's connections: the index says which, a consistent read of the items says what they are. An
 * item that is no longer what the index took it for makes the page shorter and nothing else.
 */
export async function listConnections(source: Source, input: ListInput): Promise<ConnectionPage> {
  const found = await indexed(source, input);
  const ids = found.slice(0, input.limit);
  const last = ids.at(-1);
  const items = await readItems(source, ids);
  const connections = items
    .map(readConnection)
    .filter(({ status }) => status !== "unconnected")
    .sort((left, right) => (left.id < right.id ? -1 : 1));
  const isLast = last === undefined || found.length <= input.limit;
  return { connections, nextCursor: isLast ? null : listCursor(splitConnectionId(last).account) };
}

/** One more id than wanted, where there is one: it tells whether there is another page. */
async function indexed(source: Source, { provider, limit, cursor }: ListInput): Promise<readonly ConnectionId[]> {
  const { path, value, all } = references();
  const partition = `${path(byProvider.hash)} = ${value({ S: listPartition(provider) })}`;
  const after =
    cursor === undefined ? "" : ` AND ${path(byProvider.range)} > ${value({ S: readListCursor(provider, cursor) })}`;
  const { Items = [] } = await source.client.send(
    new QueryCommand({
      TableName: source.tableName,
      IndexName: byProvider.name,
      KeyConditionExpression: partition + after,
      Limit: limit + 1,
      ...all(),
    }),
  );
  return Items.map(connectionIdOf);
}

async function readItems(source: Source, ids: readonly ConnectionId[]): Promise<readonly Attributes[]> {
  const items: Attributes[] = [];
  let keys: Record<string, AttributeValue>[] = ids.map(connectionKey);
  for (let round = 0; keys.length > 0; round++) {
    if (round === rounds) {
      throw new BrokerError("internal_error", "The table cannot keep up with reading a page. Ask for a smaller one.");
    }
    if (round > 0) await source.clock.sleep(50 * 2 ** round);
    const { Responses, UnprocessedKeys } = await source.client.send(
      new BatchGetItemCommand({ RequestItems: { [source.tableName]: { Keys: keys, ConsistentRead: true } } }),
    );
    items.push(...(Responses?.[source.tableName] ?? []));
    keys = UnprocessedKeys?.[source.tableName]?.Keys ?? [];
  }
  return items;
}
