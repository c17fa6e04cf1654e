import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import dynalite, { type Item, type Store, type Table } from "dynalite/db/index.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDynamoStore } from "../../../../infra/local/aws-endpoint/dynamodb-store.ts";
import { repairIndexes } from "../../../../infra/local/aws-endpoint/repair-indexes.ts";
import { type AwsEndpoint, startAwsEndpoint } from "../../../../infra/local/aws-endpoint/start-aws-endpoint.ts";
import { awsClients } from "./aws-clients.ts";
import { createTable, dueIds, scanned } from "./connections-table.ts";

const TableName = "connections";
let dataDirectory: string;
let endpoint: AwsEndpoint;

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), "repair-"));
  endpoint = await startAwsEndpoint({ port: 0, dataDirectory });
  await createTable(client(), TableName);
  for (const [id, dueAt] of [
    ["a", 10],
    ["b", 20],
    ["c", 30],
  ] as const)
    await putItem(id, dueAt);
});
afterEach(async () => {
  await endpoint.close();
  await rm(dataDirectory, { recursive: true });
});

const client = () => awsClients(endpoint.url).dynamodb;
const connection = (id: string, dueAt: number, label = `label of ${id}`) => ({
  id: { S: id },
  due_shard: { S: "s1" },
  due_at: { N: String(dueAt) },
  label: { S: label },
  status: { S: "active" },
  token_set: { S: `encrypted ${id}` },
});
const putItem = (id: string, dueAt: number) =>
  client().send(new PutItemCommand({ TableName, Item: connection(id, dueAt) }));

/** Stops the endpoint, lets a test change the store behind its back, and starts the endpoint again. */
async function behindItsBack(change: (store: Store, table: Table) => Promise<void>): Promise<void> {
  await endpoint.close();
  const store = await openDynamoStore(dataDirectory);
  await change(store, (await promisify(store.tableDb.get)(TableName)) as Table);
  await store.db.close();
  endpoint = await startAwsEndpoint({ port: 0, dataDirectory });
}

/** Puts or deletes the index entries that an item would have, without the item. */
async function changeEntries(store: Store, table: Table, item: Item, change: "put" | "del"): Promise<void> {
  for (const { index, key, item: entry } of dynalite.getIndexActions(
    table.GlobalSecondaryIndexes ?? [],
    null,
    item,
    table,
  ).puts) {
    const entries = store.getIndexDb("Global", TableName, index);
    if (change === "put") await promisify(entries.put)(key, entry);
    else await promisify(entries.del)(key);
  }
}

describe("repairing indexes", () => {
  it("finds nothing to do in a sound table", async () => {
    expect(await repairIndexes(endpoint.url, TableName)).toBe(0);
  });

  it("puts entries that are missing", async () => {
    await behindItsBack((store, table) => changeEntries(store, table, connection("b", 20), "del"));
    expect(await dueIds(client(), TableName, "s1")).toEqual(["a", "c"]);
    const before = await scanned(client(), TableName);
    expect(await repairIndexes(endpoint.url, TableName)).toBe(2);
    expect(await dueIds(client(), TableName, "s1")).toEqual(["a", "b", "c"]);
    expect(await scanned(client(), TableName)).toEqual(before);
    expect(await repairIndexes(endpoint.url, TableName)).toBe(0);
  });

  it("drops entries of a state that the item is not in, and of items that are gone", async () => {
    await behindItsBack(async (store, table) => {
      await changeEntries(store, table, connection("b", 5), "put");
      await changeEntries(store, table, connection("gone", 7), "put");
    });
    expect(await dueIds(client(), TableName, "s1")).toEqual(["b", "gone", "a", "b", "c"]);
    const before = await scanned(client(), TableName);
    expect(await repairIndexes(endpoint.url, TableName)).toBe(3);
    expect(await dueIds(client(), TableName, "s1")).toEqual(["a", "b", "c"]);
    expect(await scanned(client(), TableName)).toEqual(before);
    expect(await scanned(client(), TableName, "by-label")).toHaveLength(3);
  });

  it("undoes a write that died between the index and the item", async () => {
    await behindItsBack(async (store, table) => {
      await changeEntries(store, table, connection("b", 20), "del");
      await changeEntries(store, table, connection("b", 99, "other"), "put");
    });
    expect(await dueIds(client(), TableName, "s1")).toEqual(["a", "c", "b"]);
    expect(await repairIndexes(endpoint.url, TableName)).toBe(4);
    expect(await dueIds(client(), TableName, "s1")).toEqual(["a", "b", "c"]);
  });

  it("replaces an entry whose copied attributes are not the item's", async () => {
    await behindItsBack((store, table) =>
      changeEntries(store, table, { ...connection("b", 20), status: { S: "revoked" } }, "put"),
    );
    const status = async () => {
      const { Items } = await client().send(
        new QueryCommand({
          TableName,
          IndexName: "by-label",
          KeyConditionExpression: "label = :label",
          ExpressionAttributeValues: { ":label": { S: "label of b" } },
        }),
      );
      return Items?.[0]?.["status"]?.S;
    };
    expect(await status()).toBe("revoked");
    expect(await repairIndexes(endpoint.url, TableName)).toBe(1);
    expect(await status()).toBe("active");
  });

  it("goes on beside writes of the same items", async () => {
    await behindItsBack(async (store, table) => {
      for (let n = 0; n < 30; n++) await changeEntries(store, table, connection(`i${n % 10}`, n), "put");
    });
    const writes = Array.from({ length: 60 }, (_, n) => putItem(`i${n % 10}`, 100 + n));
    await Promise.all([...writes, repairIndexes(endpoint.url, TableName)]);
    await repairIndexes(endpoint.url, TableName);
    const items = await scanned(client(), TableName);
    const entries = await scanned(client(), TableName, "due");
    expect(items).toHaveLength(13);
    expect(entries.map(({ id, due_at }) => ({ id, due_at }))).toEqual(items.map(({ id, due_at }) => ({ id, due_at })));
  });

  it("says that a table is not there", async () => {
    await expect(repairIndexes(endpoint.url, "nothing")).rejects.toThrow("There is no table nothing.");
  });
});

describe("a table that a killed process left half made", () => {
  it("becomes active, or goes away, at the next start", async () => {
    await behindItsBack(async (store, table) => {
      const indexes = table.GlobalSecondaryIndexes?.map((index) => ({ ...index, IndexStatus: "CREATING" }));
      await promisify(store.tableDb.put)(TableName, {
        ...table,
        TableStatus: "CREATING",
        GlobalSecondaryIndexes: indexes,
      });
      await promisify(store.tableDb.put)("half-deleted", {
        ...table,
        TableName: "half-deleted",
        TableStatus: "DELETING",
      });
    });
    expect(await dueIds(client(), TableName, "s1")).toEqual(["a", "b", "c"]);
    await createTable(client(), "half-deleted");
  });
});
