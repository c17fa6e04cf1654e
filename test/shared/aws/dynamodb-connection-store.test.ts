import { type AttributeValue, GetItemCommand, QueryCommand, ResourceNotFoundException } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dynamoDbClient } from "../../../shared/aws/aws-clients.ts";
import { shardOf } from "../../../shared/aws/connection-item.ts";
import { dynamoDbConnectionStore } from "../../../shared/aws/dynamodb-connection-store.ts";
import type { ConnectionId } from "../../../shared/broker/connection-id.ts";
import { type ConnectionStore, WriteConflict } from "../../../shared/broker/connection-store.ts";
import { clientOptions, createTable, type LocalAwsHost, startLocalAws } from "../../contracts/aws-host.ts";
import { realClock } from "../../contracts/aws-ports.ts";
import {
  eventDebt,
  firstWrite,
  fullMembers,
  idsOf,
  numberedId,
  publishDebt,
  writeOf,
} from "../../contracts/sample-connections.ts";
import { startHttpServer } from "../oauth/local-server.ts";

let host: LocalAwsHost;
let tableName: string;
let store: ConnectionStore;
beforeAll(async () => {
  host = await startLocalAws();
  tableName = await createTable(host);
  store = dynamoDbConnectionStore({ client: host.dynamoDb, tableName, clock: realClock });
});
afterEach(() => host.setFaults([]));
afterAll(() => host.close());

async function itemOf(id: ConnectionId): Promise<Record<string, AttributeValue> | undefined> {
  const Key = { pk: { S: `connection#${id}` } };
  return (await host.dynamoDb.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }))).Item;
}

async function listEntries(provider: string) {
  const { Items } = await host.dynamoDb.send(
    new QueryCommand({
      TableName: tableName,
      IndexName: "by_provider",
      KeyConditionExpression: "list_partition = :p",
      ExpressionAttributeValues: { ":p": { S: `provider#${provider}` } },
    }),
  );
  return Items;
}

const sealed = (jwe: string, dataKey: string) => ({ M: { jwe: { S: jwe }, data_key: { S: dataKey } } });

describe("item", () => {
  it("has these attributes", async () => {
    const id = "rd-station/acme";
    await store.write(
      id,
      firstWrite({ set: fullMembers, owe: { "publish-4": publishDebt, "event-a": eventDebt("a") }, dueAt: 1_900 }),
    );
    expect(await itemOf(id)).toEqual({
      pk: { S: "connection#rd-station/acme" },
      status: { S: "active" },
      reason: { S: "lost_rotation" },
      generation: { N: "4" },
      sequence: { N: "1" },
      label: { S: "Empresa Ágil" },
      origin: { S: "https://api.rd.services" },
      secret_name: { S: "chaveiro/rd-station/acme" },
      tokens: sealed("eyJ..AA", "AQID"),
      issued_at: { N: "1000" },
      expires_at: { N: "2000" },
      refresh_at: { N: "1800" },
      committed_by: { S: "attempt-1" },
      ticket_hash: { S: "ticket-1" },
      from_rejected: { BOOL: true },
      attempt: {
        M: {
          id: { S: "attempt-2" },
          kind: { S: "refresh" },
          generation: { N: "3" },
          lease_until: { N: "1900" },
          ended: { BOOL: false },
        },
      },
      unknown: { BOOL: true },
      tries: { N: "2" },
      refusals: { N: "1" },
      retry: { M: { at: { N: "1950" }, code: { S: "provider_unavailable" } } },
      last_refresh: { M: { at: { N: "1850" }, outcome: { S: "failed" }, code: { S: "provider_unavailable" } } },
      candidate: {
        M: {
          id: { S: "candidate-1" },
          refresh_token: sealed("eyJ..BB", "BAUG"),
          origin: { S: "https://itflex.example.com" },
          actor: { S: "arn:aws:iam::123456789012:role/operator" },
          requested_at: { N: "1700" },
          unknown: { BOOL: true },
          refused: { BOOL: false },
          tries: { N: "1" },
          retry_at: { N: "1750" },
        },
      },
      revoked_at: { N: "500" },
      revocation: {
        M: {
          id: { S: "revocation-1" },
          revoked_generation: { N: "3" },
          upstream: { S: "already_invalid" },
          actor: { S: "schedule" },
        },
      },
      owed: {
        M: {
          "publish-4": { M: { kind: { S: "publish" }, since: { N: "1900" } } },
          "event-a": {
            M: {
              kind: { S: "event" },
              since: { N: "1900" },
              event: {
                M: {
                  id: { S: "a" },
                  name: { S: "connection.authorized" },
                  status: { S: "active" },
                  generation: { N: "4" },
                  sequence: { N: "1" },
                  actor: { S: "schedule" },
                  at: { N: "1900" },
                },
              },
            },
          },
        },
      },
      created_at: { N: "100" },
      updated_at: { N: "1900" },
      due_partition: { S: `due#rd-station#${shardOf(id, 4)}` },
      due_at: { N: "1900" },
      list_partition: { S: "provider#rd-station" },
      account: { S: "acme" },
    });
  });

  it("has no attribute for what is null, and no index key for what is neither due nor connected", async () => {
    const id = "rd-station/empty";
    await store.write(id, firstWrite());
    expect(Object.keys((await itemOf(id)) ?? {}).sort()).toEqual(
      [
        "pk",
        "status",
        "generation",
        "sequence",
        "origin",
        "from_rejected",
        "unknown",
        "tries",
        "refusals",
        "owed",
        "created_at",
        "updated_at",
      ].sort(),
    );
  });

  it("reads one from before refusals were counted", async () => {
    const id = "rd-station/older";
    await store.write(id, firstWrite({ set: fullMembers }));
    const { Item = {} } = await host.dynamoDb.send(
      new GetItemCommand({ TableName: tableName, Key: { pk: { S: `connection#${id}` } } }),
    );
    const { refusals: _refusals, ...older } = Item;
    const answering = await answeringAs(() => ({ Item: older }));
    expect(await answering.store.read(id)).toMatchObject({ refusals: 0, tries: 2 });
    await answering.close();
  });

  it("refuses to read one that is not what it wrote", async () => {
    const id = "rd-station/damaged";
    await store.write(id, firstWrite({ set: fullMembers }));
    const { Item = {} } = await host.dynamoDb.send(
      new GetItemCommand({ TableName: tableName, Key: { pk: { S: `connection#${id}` } } }),
    );
    const damaged = { ...Item, tokens: { M: { jwe: { S: "eyJ..AA" } } } };
    const answering = await answeringAs(() => ({ Item: damaged }));
    await expect(answering.store.read(id)).rejects.toMatchObject({
      code: "internal_error",
      message: expect.stringContaining("tokens.data_key"),
    });
    await answering.close();
  });
});

describe("indexes", () => {
  it("leaves the list's entry alone on a refresh", async () => {
    const id: ConnectionId = "unchanged/acme";
    await store.write(id, firstWrite({ set: { status: "active" }, dueAt: 5 }));
    const before = await listEntries("unchanged");
    await store.write(id, writeOf({ set: { status: "active", generation: 2, expiresAt: 9 }, dueAt: 7 }));
    expect(await listEntries("unchanged")).toEqual(before);
    expect(before).toEqual([
      { pk: { S: `connection#${id}` }, list_partition: { S: "provider#unchanged" }, account: { S: "acme" } },
    ]);
  });

  it("spreads a provider's connections evenly over the shards", () => {
    const counts = [0, 0, 0, 0];
    for (let number = 0; number < 4_000; number++) {
      const shard = shardOf(numberedId("rd-station", number), 4);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) {
      expect(count).toBeGreaterThan(900);
      expect(count).toBeLessThan(1_100);
    }
  });

  it("reads the shards it owns and no other", async () => {
    const provider = "owned";
    const ids = Array.from({ length: 20 }, (_, number) => numberedId(provider, number));
    await Promise.all(ids.map((id, number) => store.write(id, firstWrite({ dueAt: number }))));
    const own = [1, 3];
    const share = dynamoDbConnectionStore({ client: host.dynamoDb, tableName, clock: realClock, ownShards: own });
    const expected = ids.filter((id) => own.includes(shardOf(id, 4)));
    expect(await share.due({ provider, now: 100, limit: 100 })).toEqual(expected);
  });
});

describe("on the wire", () => {
  it("makes one request for a read, a write and a discharge", async () => {
    const id = "rd-station/counted";
    const count = (work: () => Promise<unknown>) => host.countRequests(work);
    expect(await count(() => store.write(id, firstWrite({ owe: { a: publishDebt } })))).toEqual({
      "dynamodb.UpdateItem": 1,
    });
    expect(await count(() => store.read(id))).toEqual({ "dynamodb.GetItem": 1 });
    expect(await count(() => store.discharge(id, { sequence: 1, settle: ["a"], dueAt: null }))).toEqual({
      "dynamodb.UpdateItem": 1,
    });
  });

  it("makes one query a shard for what is due, and one query and one read for a page", async () => {
    expect(await host.countRequests(() => store.due({ provider: "rd-station", now: 1, limit: 128 }))).toEqual({
      "dynamodb.Query": 4,
    });
    const list = () => store.list({ provider: "rd-station", limit: 100, cursor: undefined });
    expect(await host.countRequests(list)).toEqual({ "dynamodb.Query": 1, "dynamodb.BatchGetItem": 1 });
    const listNothing = () => store.list({ provider: "nobody", limit: 100, cursor: undefined });
    expect(await host.countRequests(listNothing)).toEqual({ "dynamodb.Query": 1 });
  });

  it("reports a write whose reply was lost as a conflict that shows the writer's own id", async () => {
    const id = "rd-station/lost-reply";
    await store.write(id, firstWrite({ set: { generation: 1 } }));
    await host.setFaults([{ service: "dynamodb", operation: "UpdateItem", after: true }]);
    const write = writeOf({ guard: { generation: 1 }, set: { generation: 2, committedBy: "mine" } });
    await expect(store.write(id, write)).rejects.toThrow(WriteConflict);
    expect(await store.read(id)).toMatchObject({ generation: 2, committedBy: "mine", sequence: 2 });
  });

  it("discharges although a reply was lost", async () => {
    const id = "rd-station/lost-discharge";
    await store.write(id, firstWrite({ owe: { a: publishDebt } }));
    await host.setFaults([{ service: "dynamodb", operation: "UpdateItem", after: true }]);
    expect(await store.discharge(id, { sequence: 1, settle: ["a"], dueAt: null })).toBe(true);
    expect(await store.read(id)).toMatchObject({ owed: {}, sequence: 1 });
  });

  it("passes other errors on", async () => {
    const nowhere = dynamoDbConnectionStore({ client: host.dynamoDb, tableName: "no-such-table", clock: realClock });
    const id = "rd-station/acme";
    await expect(nowhere.read(id)).rejects.toThrow(ResourceNotFoundException);
    await expect(nowhere.write(id, firstWrite())).rejects.toThrow(ResourceNotFoundException);
    await expect(nowhere.discharge(id, { sequence: 1, settle: [], dueAt: 1 })).rejects.toThrow(
      ResourceNotFoundException,
    );
    await host.setFaults([
      { service: "dynamodb", operation: "UpdateItem", error: "InternalServerError", status: 500, times: 3 },
    ]);
    await expect(store.write(id, firstWrite())).rejects.toMatchObject({ name: "InternalServerError" });
  });
});

describe("answers in parts", () => {
  it("asks again for items that a batch left out", async () => {
    const ids = [0, 1, 2].map((number) => numberedId("parts", number));
    await Promise.all(ids.map((id) => store.write(id, firstWrite({ set: { status: "active" } }))));
    const items = await Promise.all(ids.map(itemOf));
    const key = (item: (typeof items)[number]) => ({ pk: item?.["pk"] });
    const pages = [
      { Items: items.map(key) },
      {
        Responses: { [tableName]: [items[2]] },
        UnprocessedKeys: { [tableName]: { Keys: [items[0], items[1]].map(key), ConsistentRead: true } },
      },
      { Responses: { [tableName]: [] }, UnprocessedKeys: { [tableName]: { Keys: [items[0], items[1]].map(key) } } },
      { Responses: { [tableName]: [items[1], items[0]] } },
    ];
    const answering = await answeringAs((request) => pages[request] ?? {});
    const page = await answering.store.list({ provider: "parts", limit: 10, cursor: undefined });
    expect(idsOf(page.connections)).toEqual(ids);
    expect(answering.bodies().slice(1)).toEqual([
      { RequestItems: { [tableName]: { Keys: items.map(key), ConsistentRead: true } } },
      { RequestItems: { [tableName]: { Keys: [items[0], items[1]].map(key), ConsistentRead: true } } },
      { RequestItems: { [tableName]: { Keys: [items[0], items[1]].map(key), ConsistentRead: true } } },
    ]);
    await answering.close();
  });

  it("gives up a page that the table never gives whole", async () => {
    const Keys = [{ pk: { S: "connection#parts/account-0000" } }];
    const answering = await answeringAs((request) =>
      request === 0 ? { Items: Keys } : { Responses: {}, UnprocessedKeys: { [tableName]: { Keys } } },
    );
    const list = answering.store.list({ provider: "parts", limit: 10, cursor: undefined });
    await expect(list).rejects.toMatchObject({ code: "internal_error" });
    await answering.close();
  });

  it("reads on where a page of the due index ended early", async () => {
    const entry = (number: number) => ({
      pk: { S: `connection#${numberedId("parts", number)}` },
      due_partition: { S: "due#parts#0" },
      due_at: { N: String(number) },
    });
    const pages = [
      { Items: [entry(1), entry(2)], LastEvaluatedKey: entry(2) },
      { Items: [entry(3)], LastEvaluatedKey: entry(3) },
    ];
    const answering = await answeringAs((request) => pages[request] ?? {}, [0]);
    expect(await answering.store.due({ provider: "parts", now: 9, limit: 3 })).toEqual(
      [1, 2, 3].map((number) => numberedId("parts", number)),
    );
    expect(answering.bodies()).toMatchObject([{ Limit: 3 }, { Limit: 1, ExclusiveStartKey: entry(2) }]);
    await answering.close();
  });
});

/** A store over a DynamoDB that answers as told, by the number of the request. It does not wait between requests. */
async function answeringAs(answer: (request: number) => unknown, ownShards?: readonly number[]) {
  const server = await startHttpServer((response) => {
    response.setHeader("content-type", "application/x-amz-json-1.0");
    response.end(JSON.stringify(answer(server.requests.length - 1)));
  });
  const client = dynamoDbClient(clientOptions(server.origin));
  const clock = { sleep: async () => {} };
  return {
    store: dynamoDbConnectionStore({ client, tableName, clock, ...(ownShards && { ownShards }) }),
    bodies: () => server.requests.map(({ body }) => JSON.parse(body) as unknown),
    close: async () => {
      client.destroy();
      await server.close();
    },
  };
}
