import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { ProviderHealthStore } from "../broker/ports.ts";
import { type BreakerEvent, type Endpoint, endpointKey, type ProviderHealth } from "../broker/provider-health.ts";
import { type Codecs, entries, nullable, number, readMembers, record, text, writeMembers } from "./attribute.ts";
import { references } from "./expression.ts";
import { table } from "./table-definition.ts";

const codecs: Codecs<Omit<ProviderHealth, "clientFailures">> = {
  origin: text(),
  provider: text(),
  sequence: number,
  transientFailures: number,
  open: nullable(record<NonNullable<ProviderHealth["open"]>>({ until: number, code: text(), tries: number })),
  rate: nullable(number),
  limited: nullable(record<NonNullable<ProviderHealth["limited"]>>({ at: number, until: number })),
  owed: entries(
    record<BreakerEvent>({
      id: text(),
      name: text(),
      breaker: text(),
      provider: text(),
      origin: text(),
      code: nullable(text()),
      sequence: number,
      actor: text(),
      at: number,
    }),
  ),
};

const clientFailures = "client_failures";

/** The health of each token endpoint: one item in the connections' table, written whole. */
export function dynamoDbProviderHealthStore(options: {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}): ProviderHealthStore {
  const { client, tableName } = options;
  return {
    async read(endpoint) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: healthKey(endpoint), ConsistentRead: true }),
      );
      if (Item === undefined) return undefined;
      const failures = Item[clientFailures]?.L?.map(({ S = "" }) => S as ProviderHealth["clientFailures"][number]);
      return { ...readMembers(codecs, Item), clientFailures: failures ?? [] };
    },
    async write(health) {
      const at = references();
      const condition =
        health.sequence === 1
          ? `attribute_not_exists(${at.path(table.key)})`
          : `${at.path("sequence")} = ${at.value({ N: String(health.sequence - 1) })}`;
      const item = {
        ...healthKey(health),
        ...writeMembers(codecs, health),
        [clientFailures]: { L: health.clientFailures.map((id) => ({ S: id })) },
      };
      try {
        await client.send(
          new PutItemCommand({ TableName: tableName, Item: item, ConditionExpression: condition, ...at.all() }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}

function healthKey(endpoint: Endpoint): Record<string, AttributeValue> {
  return { [table.key]: { S: `health#${endpointKey(endpoint)}` } };
}
