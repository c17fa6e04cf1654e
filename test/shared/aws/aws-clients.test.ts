import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { ListEventBusesCommand } from "@aws-sdk/client-eventbridge";
import { ListKeysCommand } from "@aws-sdk/client-kms";
import { ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type ClientOptions,
  dynamoDbClient,
  eventBridgeClient,
  kmsClient,
  secretsManagerClient,
} from "../../../shared/aws/aws-clients.ts";
import { clientOptions } from "../../contracts/aws-host.ts";
import { startHttpServer } from "../oauth/local-server.ts";

type Calling = { readonly call: () => Promise<unknown>; readonly destroy: () => void };

const clients: readonly (readonly [name: string, (options?: ClientOptions) => Calling])[] = [
  ["DynamoDB", (options) => calling(dynamoDbClient(options), (client) => client.send(new ListTablesCommand({})))],
  [
    "Secrets Manager",
    (options) => calling(secretsManagerClient(options), (client) => client.send(new ListSecretsCommand({}))),
  ],
  ["KMS", (options) => calling(kmsClient(options), (client) => client.send(new ListKeysCommand({})))],
  [
    "EventBridge",
    (options) => calling(eventBridgeClient(options), (client) => client.send(new ListEventBusesCommand({}))),
  ],
];

function calling<Client extends { destroy(): void }>(client: Client, call: (client: Client) => Promise<unknown>) {
  return { call: () => call(client), destroy: () => client.destroy() };
}

afterEach(() => vi.unstubAllEnvs());

it.each(clients)("%s finds its endpoint, region and credentials in the environment", async (_name, create) => {
  const server = await startHttpServer((response) => response.end("{}"));
  vi.stubEnv("AWS_ENDPOINT_URL", server.origin);
  vi.stubEnv("AWS_REGION", "sa-east-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "from-environment");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  const client = create();
  await client.call();
  expect(server.requests[0]?.headers.authorization).toMatch(/Credential=from-environment\/\d+\/sa-east-1\//);
  client.destroy();
  await server.close();
});

// At the same time, because they wait for nothing.
describe.concurrent.each(clients)("%s", (name, create) => {
  it("gives up an answer that does not come, after as many tries as there is time for", async () => {
    const server = await startHttpServer(() => {});
    const client = create(clientOptions(server.origin));
    await expect(client.call()).rejects.toMatchObject({ name: "TimeoutError" });
    expect(server.requests).toHaveLength(name === "DynamoDB" ? 2 : 3);
    client.destroy();
    await server.close();
  });

  it("waits for as long as it is told", async () => {
    const server = await startHttpServer((response) => setTimeout(() => response.end("{}"), 2_000));
    const client = create(clientOptions(server.origin, { timeout: 60_000 }));
    await client.call();
    expect(server.requests).toHaveLength(1);
    client.destroy();
    await server.close();
  });

  it("gives up an answer that stops in the middle", async () => {
    const server = await startHttpServer((response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{");
    });
    const client = create(clientOptions(server.origin, { maxAttempts: 1 }));
    const startedAt = performance.now();
    await expect(client.call()).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    client.destroy();
    await server.close();
  });

  it("keeps its connection", async () => {
    const server = await startHttpServer((response) => response.end("{}"));
    const client = create(clientOptions(server.origin));
    for (let time = 0; time < 3; time++) await client.call();
    expect(server.connections).toHaveLength(1);
    client.destroy();
    await server.close();
  });
});
