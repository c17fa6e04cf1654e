import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type ConnectionStore, WriteConflict } from "../broker/connection-store.ts";
import type { Clock } from "../broker/ports.ts";
import { connectionKey, readConnection } from "./connection-item.ts";
import { listConnections } from "./connection-list.ts";
import { dischargeUpdate, removal, writeUpdate } from "./connection-update.ts";
import { dueConnections } from "./due-connections.ts";
import { usualShards } from "./table-definition.ts";

/**
 * Connections in DynamoDB: one item each, written by single conditional updates and read consistently. That is all that
 * every implementation of DynamoDB agrees on, and all that the fence needs.
 *
 * @param options.shards partitions of the due index of one provider. It may grow while the table is in use, never shrink.
 * @param options.ownShards those that `due` reads; all unless given
 */
export function dynamoDbConnectionStore(options: {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Pick<Clock, "sleep">;
  readonly shards?: number;
  readonly ownShards?: readonly number[];
}): ConnectionStore {
  const { client, tableName, shards = usualShards } = options;
  const ownShards = options.ownShards ?? Array.from({ length: shards }, (_, shard) => shard);
  return {
    async read(id) {
      const input = { TableName: tableName, Key: connectionKey(id), ConsistentRead: true };
      const { Item } = await client.send(new GetItemCommand(input));
      return Item && readConnection(Item);
    },
    async write(id, write) {
      const update = writeUpdate(id, write, shards);
      try {
        const { Attributes = {} } = await client.send(
          new UpdateItemCommand({ TableName: tableName, ...update, ReturnValues: "ALL_NEW" }),
        );
        return readConnection(Attributes);
      } catch (error) {
        throw error instanceof ConditionalCheckFailedException ? new WriteConflict(id) : error;
      }
    },
    async discharge(id, input) {
      try {
        await client.send(new UpdateItemCommand({ TableName: tableName, ...dischargeUpdate(id, input, shards) }));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
    async removeUnconnected(id, sequence) {
      try {
        await client.send(new DeleteItemCommand({ TableName: tableName, ...removal(id, sequence) }));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
    due: (input) => dueConnections({ client, tableName, shards: ownShards }, input),
    list: (input) => listConnections({ client, tableName, clock: options.clock }, input),
  };
}
