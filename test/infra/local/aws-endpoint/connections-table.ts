import {
  CreateTableCommand,
  type DynamoDBClient,
  QueryCommand,
  ScanCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";

/** Makes a table with a key-only index `due`, as the broker has one, and an index `by-label` that copies two attributes. */
export async function createTable(client: DynamoDBClient, TableName: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "id", AttributeType: "S" },
        { AttributeName: "due_shard", AttributeType: "S" },
        { AttributeName: "due_at", AttributeType: "N" },
        { AttributeName: "label", AttributeType: "S" },
      ],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      GlobalSecondaryIndexes: [
        {
          IndexName: "due",
          KeySchema: [
            { AttributeName: "due_shard", KeyType: "HASH" },
            { AttributeName: "due_at", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
        {
          IndexName: "by-label",
          KeySchema: [{ AttributeName: "label", KeyType: "HASH" }],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["status"] },
        },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { TableName });
}

/** What the index `due` has in a shard: ids in the order of their times. */
export async function dueIds(client: DynamoDBClient, TableName: string, shard: string): Promise<readonly string[]> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName,
      IndexName: "due",
      KeyConditionExpression: "due_shard = :shard",
      ExpressionAttributeValues: { ":shard": { S: shard } },
    }),
  );
  return Items.map((item) => item["id"]?.S ?? "");
}

/** Everything in an index, or in the table where none is named, sorted by id. */
export async function scanned(client: DynamoDBClient, TableName: string, IndexName?: string) {
  const { Items = [] } = await client.send(new ScanCommand({ TableName, ...(IndexName && { IndexName }) }));
  return Items.sort((a, b) => ((a["id"]?.S ?? "") < (b["id"]?.S ?? "") ? -1 : 1));
}
