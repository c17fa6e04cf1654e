import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { AuthorizationStore } from "../broker/ports.ts";
import { number, readMembers } from "./attribute.ts";
import {
  outcome as outcomeCodec,
  requestCodecs,
  requestItem,
  requestKey,
  taken,
  ticketCodecs,
  ticketItem,
  ticketKey,
  times,
} from "./authorization-item.ts";
import { references } from "./expression.ts";
import { table } from "./table-definition.ts";

type Key = Record<string, AttributeValue>;

/** Tickets and authorization requests in DynamoDB, in the same table as the connections. */
export function dynamoDbAuthorizationStore(options: {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}): AuthorizationStore {
  const { client, tableName } = options;

  const read = async (key: Key) => {
    const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true }));
    return Item;
  };
  /** Keys are digests of 256 random bits: what is there already is this very item, whose first reply was lost. */
  const create = async (item: Key): Promise<void> => {
    const { path, all } = references();
    const condition = `attribute_not_exists(${path(table.key)})`;
    await ifHolds(
      client.send(new PutItemCommand({ TableName: tableName, Item: item, ConditionExpression: condition, ...all() })),
    );
  };
  /** Sets one attribute of a stored item where it holds `expected`: nothing, if that is undefined. */
  const change = (key: Key, name: string, expected: AttributeValue | undefined, value: AttributeValue) => {
    const at = references();
    const path = at.path(name);
    const clause = expected === undefined ? `attribute_not_exists(${path})` : `${path} = ${at.value(expected)}`;
    const update = {
      UpdateExpression: `SET ${path} = ${at.value(value)}`,
      ConditionExpression: `attribute_exists(${at.path(table.key)}) AND ${clause}`,
      ...at.all(),
    };
    return ifHolds(client.send(new UpdateItemCommand({ TableName: tableName, Key: key, ...update })));
  };
  const readRequest: AuthorizationStore["readRequest"] = async (reference) => {
    const item = await read(requestKey(reference));
    return item && readMembers(requestCodecs, item);
  };

  return {
    createTicket: (ticket) => create(ticketItem(ticket)),
    async readTicket(hash) {
      const item = await read(ticketKey(hash));
      return item && readMembers(ticketCodecs, item);
    },
    openOnTicket: (hash, expected, open) => change(ticketKey(hash), "open", times.write(expected), times.write(open)),
    async spendTicket(hash, at) {
      await change(ticketKey(hash), "spent_at", undefined, number.write(at));
    },
    createRequest: (request) => create(requestItem(request)),
    readRequest,
    async takeRequest(reference, by, at) {
      if (await change(requestKey(reference), "taken", undefined, taken.write({ by, at }))) return true;
      return (await readRequest(reference))?.taken?.by === by;
    },
    async finishRequest(reference, outcome) {
      await change(requestKey(reference), "outcome", undefined, outcomeCodec.write(outcome));
    },
  };
}

/** @returns false where the condition of the write did not hold */
async function ifHolds(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
