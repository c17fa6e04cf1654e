import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AwsEndpoint, startAwsEndpoint } from "../../../../infra/local/aws-endpoint/start-aws-endpoint.ts";
import { awsClients } from "./aws-clients.ts";
import { createTable, dueIds, scanned } from "./connections-table.ts";

const TableName = "connections";
let endpoint: AwsEndpoint;
let dynamodb: ReturnType<typeof awsClients>["dynamodb"];

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ port: 0, dataDirectory: undefined });
  dynamodb = awsClients(endpoint.url).dynamodb;
  await createTable(dynamodb, TableName);
});
afterAll(() => endpoint.close());

const item = (id: string, shard: string, dueAt: number) => ({
  id: { S: id },
  due_shard: { S: shard },
  due_at: { N: String(dueAt) },
});

describe("the local DynamoDB", () => {
  it("does one of many conditional writes of the same item", async () => {
    const Key = { id: { S: "race" } };
    await dynamodb.send(new PutItemCommand({ TableName, Item: { ...Key, generation: { N: "1" } } }));
    const attempts = Array.from({ length: 20 }, (_, n) =>
      dynamodb.send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression: "SET generation = :next, attempt = :attempt",
          ConditionExpression: "generation = :before",
          ExpressionAttributeValues: { ":before": { N: "1" }, ":next": { N: "2" }, ":attempt": { S: `a${n}` } },
        }),
      ),
    );
    const results = await Promise.allSettled(attempts);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refused = results.find((result) => result.status === "rejected");
    expect(refused?.reason).toMatchObject({ name: "ConditionalCheckFailedException" });
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    expect(Item).toMatchObject({ generation: { N: "2" } });
  });

  it("updates and removes single entries of a map", async () => {
    const Key = { id: { S: "owed" } };
    const owed = { M: { publish: { N: "1" }, event: { N: "1" } } };
    await dynamodb.send(new PutItemCommand({ TableName, Item: { ...Key, owed } }));
    const { Attributes } = await dynamodb.send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: "REMOVE owed.#id SET note = if_not_exists(note, :note)",
        ExpressionAttributeNames: { "#id": "publish" },
        ExpressionAttributeValues: { ":note": { S: "first" } },
        ReturnValues: "ALL_NEW",
      }),
    );
    expect(Attributes).toEqual({ ...Key, owed: { M: { event: { N: "1" } } }, note: { S: "first" } });
  });

  it("keeps an index sparse and in order", async () => {
    const write = (requests: ReturnType<typeof item>[]) =>
      new BatchWriteItemCommand({ RequestItems: { [TableName]: requests.map((Item) => ({ PutRequest: { Item } })) } });
    await dynamodb.send(write([item("c", "s1", 30), item("a", "s1", 200), item("b", "s1", 4), item("d", "s2", 1)]));
    expect(await dueIds(dynamodb, TableName, "s1")).toEqual(["b", "c", "a"]);
    await dynamodb.send(
      new UpdateItemCommand({ TableName, Key: { id: { S: "b" } }, UpdateExpression: "REMOVE due_shard, due_at" }),
    );
    await dynamodb.send(new DeleteItemCommand({ TableName, Key: { id: { S: "c" } } }));
    expect(await dueIds(dynamodb, TableName, "s1")).toEqual(["a"]);
    expect((await scanned(dynamodb, TableName, "due")).map((entry) => entry["id"]?.S)).toEqual(["a", "d"]);
  });

  it("refuses as DynamoDB does", async () => {
    await expect(
      dynamodb.send(new GetItemCommand({ TableName: "nothing", Key: { id: { S: "x" } } })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(dynamodb.send(new PutItemCommand({ TableName, Item: { other: { S: "x" } } }))).rejects.toMatchObject({
      name: "ValidationException",
    });
    await expect(dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [] }))).rejects.toMatchObject({
      name: "UnknownOperationException",
    });
  });

  it("lists, describes and deletes tables", async () => {
    await createTable(dynamodb, "short-lived");
    expect((await dynamodb.send(new ListTablesCommand())).TableNames).toContain("short-lived");
    await dynamodb.send(new DeleteTableCommand({ TableName: "short-lived" }));
    await expect
      .poll(() => dynamodb.send(new ListTablesCommand()).then((answer) => answer.TableNames))
      .not.toContain("short-lived");
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({ TableStatus: "ACTIVE", TableArn: expect.stringContaining("table/connections") });
  });
});
