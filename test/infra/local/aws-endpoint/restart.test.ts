import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { CreateAliasCommand, CreateKeyCommand, DecryptCommand, GenerateDataKeyCommand } from "@aws-sdk/client-kms";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repairIndexes } from "../../../../infra/local/aws-endpoint/repair-indexes.ts";
import { startAwsEndpoint } from "../../../../infra/local/aws-endpoint/start-aws-endpoint.ts";
import { awsClients } from "./aws-clients.ts";
import { createTable, scanned } from "./connections-table.ts";

const script = fileURLToPath(new URL("endpoint-process.ts", import.meta.url));
let dataDirectory: string;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), "restart-"));
});
afterEach(async () => {
  for (const child of running) await kill(child);
  await rm(dataDirectory, { recursive: true });
});

async function startProcess(): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, ["--import", "tsx", script, dataDirectory], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  running.add(child);
  if (child.stdout === null) throw new Error("The child has no output.");
  const [url] = (await once(createInterface(child.stdout), "line")) as [string];
  return { url, child };
}

async function kill(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

describe("a killed endpoint", () => {
  it("has kept every secret, item, event and key that it acknowledged", { timeout: 60_000 }, async () => {
    const TableName = "connections";
    /** Name → the last number that was acknowledged; the next one may be stored too, its answer lost. */
    const secrets = new Map<string, number>();
    const items = new Set<string>();
    let events = 0;
    let dataKey: { readonly sealed: Uint8Array | undefined; readonly plain: Uint8Array | undefined } | undefined;

    for (let round = 0; round < 3; round++) {
      const { url, child } = await startProcess();
      const { dynamodb, events: eventBridge, kms, secretsManager } = awsClients(url);
      if (round === 0) {
        await createTable(dynamodb, TableName);
        const { KeyMetadata } = await kms.send(new CreateKeyCommand());
        await kms.send(new CreateAliasCommand({ AliasName: "alias/ours", TargetKeyId: KeyMetadata?.KeyId ?? "" }));
        const made = await kms.send(new GenerateDataKeyCommand({ KeyId: "alias/ours", KeySpec: "AES_256" }));
        dataKey = { sealed: made.CiphertextBlob, plain: made.Plaintext };
      } else {
        await repairIndexes(url, TableName);
      }

      for (const [SecretId, acknowledged] of secrets) {
        const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId }));
        expect([acknowledged, acknowledged + 1]).toContain(Number(SecretString));
      }
      const stored = await scanned(dynamodb, TableName);
      const storedIds = new Set(stored.map((item) => item["id"]?.S));
      expect([...items].filter((id) => !storedIds.has(id))).toEqual([]);
      expect(await scanned(dynamodb, TableName, "due")).toHaveLength(stored.length);
      const log = (await (await fetch(`${url}/_local/events`)).json()) as { readonly events: unknown[] };
      expect(log.events.length).toBeGreaterThanOrEqual(events);
      const opened = await kms.send(new DecryptCommand({ CiphertextBlob: dataKey?.sealed, KeyId: "alias/ours" }));
      expect(opened.Plaintext).toEqual(dataKey?.plain);

      let writing = true;
      const keepWriting = async (write: (n: number) => Promise<void>): Promise<void> => {
        for (let n = 0; writing; n++) await write(n).catch(() => {});
      };
      const writers = [0, 1, 2].flatMap((writer) => [
        keepWriting(async (n) => {
          const Name = `secret/${round}/${writer}`;
          const SecretString = String(n);
          if (n === 0) await secretsManager.send(new CreateSecretCommand({ Name, SecretString }));
          else await secretsManager.send(new PutSecretValueCommand({ SecretId: Name, SecretString }));
          secrets.set(Name, n);
        }),
        keepWriting(async (n) => {
          const id = `${round}/${writer}/${n}`;
          const Item = { id: { S: id }, due_shard: { S: `s${n % 3}` }, due_at: { N: String(n) } };
          await dynamodb.send(new PutItemCommand({ TableName, Item }));
          items.add(id);
        }),
        keepWriting(async () => {
          const Entries = [{ Source: "chaveiro", DetailType: "x", Detail: "{}" }];
          const answer = await eventBridge.send(new PutEventsCommand({ Entries }));
          events += 1 - (answer.FailedEntryCount ?? 1);
        }),
      ]);
      await expect.poll(() => items.size, { timeout: 20_000 }).toBeGreaterThan(100 * (round + 1));
      await kill(child);
      writing = false;
      await Promise.all(writers);
    }
    expect(events).toBeGreaterThan(100);
    expect(secrets.size).toBe(9);
  });
});

describe("a restarted endpoint", () => {
  it("goes on where it was", async () => {
    const first = await startAwsEndpoint({ port: 0, dataDirectory });
    const before = awsClients(first.url);
    await before.secretsManager.send(
      new CreateSecretCommand({ Name: "kept", SecretString: "one", Tags: [{ Key: "a", Value: "b" }] }),
    );
    await before.secretsManager.send(new PutSecretValueCommand({ SecretId: "kept", SecretString: "two" }));
    await createTable(before.dynamodb, "connections");
    const Item = { id: { S: "x" } };
    await before.dynamodb.send(new PutItemCommand({ TableName: "connections", Item }));
    const described = await before.secretsManager.send(new DescribeSecretCommand({ SecretId: "kept" }));
    await first.close();

    const second = await startAwsEndpoint({ port: 0, dataDirectory });
    const after = awsClients(second.url);
    const { $metadata: _, ...again } = await after.secretsManager.send(new DescribeSecretCommand({ SecretId: "kept" }));
    expect(described).toMatchObject(again);
    const previous = new GetSecretValueCommand({ SecretId: "kept", VersionStage: "AWSPREVIOUS" });
    expect((await after.secretsManager.send(previous)).SecretString).toBe("one");
    const got = await after.dynamodb.send(new GetItemCommand({ TableName: "connections", Key: Item }));
    expect(got.Item).toEqual(Item);
    await second.close();
  });

  it("leaves no secret value in any file, and no file of its own to others", async () => {
    const endpoint = await startAwsEndpoint({ port: 0, dataDirectory });
    const { secretsManager } = awsClients(endpoint.url);
    const value = "a value that must not be found";
    await secretsManager.send(new CreateSecretCommand({ Name: "hidden", SecretString: value }));
    await secretsManager.send(
      new PutSecretValueCommand({ SecretId: "hidden", SecretBinary: Buffer.from(`${value}!`) }),
    );
    await endpoint.close();
    const files = await readdir(dataDirectory, { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    expect(paths.length).toBeGreaterThan(3);
    for (const path of paths) {
      const content = await readFile(path);
      for (const form of [Buffer.from(value), Buffer.from(Buffer.from(value).toString("base64"))])
        expect(content.includes(form), path).toBe(false);
      if (path.endsWith(".jsonl")) expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
  });

  it("is refused a data directory that another one has open", async () => {
    const endpoint = await startAwsEndpoint({ port: 0, dataDirectory });
    await expect(startAwsEndpoint({ port: 0, dataDirectory })).rejects.toThrow("cannot be opened");
    await endpoint.close();
  });
});
