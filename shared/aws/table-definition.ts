import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";

/** The one table. The stack in `infra/` repeats these names; a test compares the two. */
export const table = {
  key: "pk",
  indexes: {
    /** Sparse and keys only: the queue of the sweep. */
    due: { name: "due", hash: "due_partition", range: "due_at" },
    /** Sparse and keys only: the list. None of its keys changes with a refresh, so that a refresh does not write to it. */
    byProvider: { name: "by_provider", hash: "list_partition", range: "account" },
  },
  /** Epoch seconds. Tickets and authorization requests have it, connections never. */
  timeToLive: "ttl",
} as const;

/** How many partitions the due index of one provider is spread over. */
export const usualShards = 4;

/** What creates the table where no stack does: `npm start` and the tests. Time to live is left to the caller. */
export function createTableInput(tableName: string): CreateTableCommandInput {
  const { due, byProvider } = table.indexes;
  return {
    TableName: tableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: table.key, AttributeType: "S" },
      { AttributeName: due.hash, AttributeType: "S" },
      { AttributeName: due.range, AttributeType: "N" },
      { AttributeName: byProvider.hash, AttributeType: "S" },
      { AttributeName: byProvider.range, AttributeType: "S" },
    ],
    KeySchema: [{ AttributeName: table.key, KeyType: "HASH" }],
    GlobalSecondaryIndexes: [due, byProvider].map(({ name, hash, range }) => ({
      IndexName: name,
      KeySchema: [
        { AttributeName: hash, KeyType: "HASH" },
        { AttributeName: range, KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "KEYS_ONLY" },
    })),
  };
}
