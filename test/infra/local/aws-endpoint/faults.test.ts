import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { CreateKeyCommand, GenerateDataKeyCommand } from "@aws-sdk/client-kms";
import { CreateSecretCommand, GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AwsEndpoint, startAwsEndpoint } from "../../../../infra/local/aws-endpoint/start-aws-endpoint.ts";
import { awsClients } from "./aws-clients.ts";
import { createTable } from "./connections-table.ts";

let endpoint: AwsEndpoint;
let clients: ReturnType<typeof awsClients>;
let KeyId: string;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ port: 0, dataDirectory: undefined });
  clients = awsClients(endpoint.url);
  KeyId = (await clients.kms.send(new CreateKeyCommand())).KeyMetadata?.KeyId ?? "";
  await createTable(clients.dynamodb, "connections");
});
afterAll(() => endpoint.close());
beforeEach(async () => {
  await setFaults([]);
  await fetch(`${endpoint.url}/_local/requests`, { method: "DELETE" });
});

const setFaults = (faults: unknown) =>
  fetch(`${endpoint.url}/_local/faults`, { method: "PUT", body: JSON.stringify(faults) });
const json = async (path: string): Promise<unknown> => (await fetch(`${endpoint.url}${path}`)).json();
const dataKey = () => clients.kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" }));

describe("faults", () => {
  it("fail so many requests of one operation, and no other", async () => {
    const error = {
      service: "kms",
      operation: "GenerateDataKey",
      error: "KMSInternalException",
      status: 500,
      times: 2,
    };
    expect((await setFaults([error])).status).toBe(204);
    await clients.kms.send(new CreateKeyCommand());
    for (let n = 0; n < 2; n++)
      await expect(dataKey()).rejects.toMatchObject({
        name: "KMSInternalException",
        $metadata: { httpStatusCode: 500 },
      });
    expect((await dataKey()).Plaintext).toHaveLength(32);
    expect(await json("/_local/faults")).toEqual([]);
  });

  it("are seen by the SDK's own retries", async () => {
    await setFaults([{ service: "kms", operation: "*", error: "ThrottlingException", times: 2 }]);
    const patient = awsClients(endpoint.url, { maxAttempts: 3 }).kms;
    expect((await patient.send(new CreateKeyCommand())).$metadata.attempts).toBe(3);
    expect(await json("/_local/requests")).toEqual({ "kms.CreateKey": 3 });
  });

  it("leave undone what they fail", async () => {
    await setFaults([{ service: "secretsmanager", operation: "CreateSecret", error: "InternalServiceError" }]);
    const create = new CreateSecretCommand({ Name: "undone", SecretString: "one" });
    await expect(clients.secretsManager.send(create)).rejects.toMatchObject({ name: "InternalServiceError" });
    await expect(clients.secretsManager.send(new GetSecretValueCommand({ SecretId: "undone" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("lose the reply of what was done", async () => {
    await setFaults([
      { service: "secretsmanager", operation: "CreateSecret", after: true },
      { service: "dynamodb", operation: "PutItem", after: true },
      { service: "dynamodb", operation: "GetItem", after: true },
    ]);
    const create = new CreateSecretCommand({ Name: "done", SecretString: "one" });
    await expect(clients.secretsManager.send(create)).rejects.toMatchObject({ code: "ECONNRESET" });
    const got = await clients.secretsManager.send(new GetSecretValueCommand({ SecretId: "done" }));
    expect(got.SecretString).toBe("one");

    const Item = { id: { S: "done" } };
    const TableName = "connections";
    await expect(clients.dynamodb.send(new PutItemCommand({ TableName, Item }))).rejects.toMatchObject({
      code: "ECONNRESET",
    });
    await expect(clients.dynamodb.send(new GetItemCommand({ TableName, Key: {} }))).rejects.toMatchObject({
      code: "ECONNRESET",
    });
    expect((await clients.dynamodb.send(new GetItemCommand({ TableName, Key: Item }))).Item).toEqual(Item);
  });

  it("delay, and what was delayed is done although nobody waited for it", async () => {
    await setFaults([
      { service: "dynamodb", operation: "PutItem", delay_milliseconds: 300 },
      { service: "dynamodb", operation: "GetItem", delay_milliseconds: 100 },
    ]);
    const impatient = new DynamoDBClient({
      endpoint: endpoint.url,
      region: "sa-east-1",
      maxAttempts: 1,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
      requestHandler: { requestTimeout: 100, throwOnRequestTimeout: true },
    });
    const Item = { id: { S: "late" } };
    await expect(impatient.send(new PutItemCommand({ TableName: "connections", Item }))).rejects.toMatchObject({
      name: "TimeoutError",
    });
    const get = () => clients.dynamodb.send(new GetItemCommand({ TableName: "connections", Key: Item }));
    const started = Date.now();
    expect((await get()).Item).toBeUndefined();
    expect(Date.now() - started).toBeGreaterThanOrEqual(99);
    await expect.poll(async () => (await get()).Item, { timeout: 2000 }).toEqual(Item);
  });

  it("fail the entries of PutEvents", async () => {
    await setFaults([{ service: "events", operation: "PutEvents", entry_error: "ThrottlingException" }]);
    const put = new PutEventsCommand({ Entries: [{ Source: "chaveiro", DetailType: "x", Detail: "{}" }] });
    const failed = await clients.events.send(put);
    expect(failed).toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode: "ThrottlingException" }] });
    expect(await json("/_local/events")).toEqual({ events: [] });
    expect((await clients.events.send(put)).FailedEntryCount).toBe(0);
  });

  it("are met in the order of the list", async () => {
    await setFaults([
      { service: "kms", operation: "GenerateDataKey", error: "KMSInternalException" },
      { service: "kms", operation: "*", error: "DependencyTimeoutException", status: 503 },
    ]);
    await expect(dataKey()).rejects.toMatchObject({ name: "KMSInternalException" });
    await expect(dataKey()).rejects.toMatchObject({ name: "DependencyTimeoutException" });
    await dataKey();
  });

  it("are refused where they are not understood", async () => {
    for (const faults of [
      {},
      [{ service: "s3", operation: "x" }],
      [{ service: "kms" }],
      [{ service: "kms", operation: "x", tmes: 2 }],
    ]) {
      const response = await setFaults(faults);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: expect.any(String) });
    }
  });

  it("end a delay when the endpoint closes, and the request is answered", async () => {
    const closing = await startAwsEndpoint({ port: 0, dataDirectory: undefined });
    await fetch(`${closing.url}/_local/faults`, {
      method: "PUT",
      body: JSON.stringify([{ service: "kms", operation: "CreateKey", delay_milliseconds: 60_000 }]),
    });
    const request = awsClients(closing.url).kms.send(new CreateKeyCommand());
    const arrived = async () => (await fetch(`${closing.url}/_local/requests`)).json();
    await expect.poll(arrived).toEqual({ "kms.CreateKey": 1 });
    const started = Date.now();
    await closing.close();
    expect((await request).KeyMetadata?.KeyState).toBe("Enabled");
    expect(Date.now() - started).toBeLessThan(5000);
  });
});

describe("request counts", () => {
  it("count by operation until they are reset", async () => {
    await dataKey();
    await dataKey();
    await clients.dynamodb.send(new GetItemCommand({ TableName: "connections", Key: { id: { S: "x" } } }));
    expect(await json("/_local/requests")).toEqual({ "dynamodb.GetItem": 1, "kms.GenerateDataKey": 2 });
    const reset = await fetch(`${endpoint.url}/_local/requests`, { method: "DELETE" });
    expect(reset.status).toBe(204);
    expect(await json("/_local/requests")).toEqual({});
  });
});

it("an unknown local route is not found", async () => {
  expect((await fetch(`${endpoint.url}/_local/nothing`)).status).toBe(404);
});
