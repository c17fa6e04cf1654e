import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { startAwsEndpoint } from "../../infra/local/aws-endpoint/start-aws-endpoint.ts";
import type { ClientOptions } from "../../shared/aws/aws-clients.ts";
import { createTableInput } from "../../shared/aws/table-definition.ts";

type Clients = {
  readonly dynamoDb: DynamoDBClient;
  readonly secretsManager: SecretsManagerClient;
  readonly kms: KMSClient;
  readonly eventBridge: EventBridgeClient;
};

/** Something that answers as AWS over HTTP. */
export type AwsHost = Clients & { readonly url: string; readonly close: () => Promise<void> };

/** One fault as `PUT /_local/faults` takes it. */
export type Fault = {
  readonly service: "dynamodb" | "secretsmanager" | "kms" | "events";
  readonly operation: string;
  readonly error?: string;
  readonly entry_error?: string;
  readonly status?: number;
  readonly times?: number;
  readonly after?: boolean;
  readonly delay_milliseconds?: number;
};

export type LocalAwsHost = AwsHost & {
  /** Replaces the faults that are still to come. */
  readonly setFaults: (faults: readonly Fault[]) => Promise<void>;
  /** What arrived while `work` ran, by service and operation. */
  readonly countRequests: (work: () => Promise<unknown>) => Promise<Readonly<Record<string, number>>>;
  readonly events: () => Promise<
    readonly { readonly source: string; readonly detail_type: string; readonly detail: unknown }[]
  >;
};

/** Where a client finds the host, whatever the environment says. */
export function clientOptions(url: string, options: ClientOptions = {}): ClientOptions {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return { endpoint: url, region: "sa-east-1", credentials, ...options };
}

/** The endpoint that `npm start` runs, in memory. */
export async function startLocalAws(): Promise<LocalAwsHost> {
  const endpoint = await startAwsEndpoint({ port: 0, dataDirectory: undefined });
  const local = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${endpoint.url}/_local/${path}`, init);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
  return {
    ...hostAt(endpoint.url, endpoint.close),
    setFaults: async (faults) => {
      await local("PUT", "faults", faults);
    },
    countRequests: async (work) => {
      await local("DELETE", "requests");
      await work();
      return (await local("GET", "requests")) as Record<string, number>;
    },
    events: async () =>
      ((await local("GET", "events")) as { events: Awaited<ReturnType<LocalAwsHost["events"]>> }).events,
  };
}

/** True where the second, independent implementation is on this machine. */
export const hasMoto = spawnSync("moto_server", ["--help"], { stdio: "ignore" }).status === 0;

/** Starts moto_server. Nobody of this project wrote it, which is its use here. */
export async function startMoto(): Promise<AwsHost> {
  const port = await freePort();
  const moto = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const answered = await fetch(`${url}/moto-api/data.json`).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) break;
    if (moto.exitCode !== null || tries > 100) throw new Error("moto_server did not start.");
    await wait(200);
  }
  return hostAt(url, () => stop(moto));
}

/** @returns the name of a table that was made for the caller */
export async function createTable(host: AwsHost): Promise<string> {
  const tableName = `chaveiro-${randomUUID()}`;
  await host.dynamoDb.send(new CreateTableCommand(createTableInput(tableName)));
  await waitUntilTableExists({ client: host.dynamoDb, maxWaitTime: 10, minDelay: 1 }, { TableName: tableName });
  return tableName;
}

/** @returns the id of a KMS key that was made for the caller */
export async function createKmsKey(host: AwsHost): Promise<string> {
  const { KeyMetadata } = await host.kms.send(new CreateKeyCommand({}));
  if (KeyMetadata?.KeyId === undefined) throw new Error("No key was made.");
  return KeyMetadata.KeyId;
}

/** Its clients are patient: an answer that is given up on a busy machine would be a request that is sent again. */
function hostAt(url: string, close: () => Promise<void>): AwsHost {
  const options = {
    ...clientOptions(url, { maxAttempts: 3 }),
    requestHandler: { requestTimeout: 20_000, throwOnRequestTimeout: true },
  };
  const clients: Clients = {
    dynamoDb: new DynamoDBClient(options),
    secretsManager: new SecretsManagerClient(options),
    kms: new KMSClient(options),
    eventBridge: new EventBridgeClient(options),
  };
  return {
    url,
    ...clients,
    close: async () => {
      for (const client of Object.values(clients)) client.destroy();
      await close();
    },
  };
}

async function stop(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null) return;
  const ended = once(process, "exit");
  process.kill("SIGTERM");
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === "string") throw new Error("There is no free port.");
  return address.port;
}
