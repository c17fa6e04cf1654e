import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { dynamoDbConnectionStore } from "../../../shared/aws/dynamodb-connection-store.ts";
import { secretsManagerRemoval } from "../../../shared/aws/secrets-manager-removal.ts";
import type { ConnectionId } from "../../../shared/broker/connection-id.ts";
import type { ConnectionStore, ConnectionWrite } from "../../../shared/broker/connection-store.ts";
import type { SecretRemoval } from "../../../shared/broker/ports.ts";
import { type PurgeResult, purge } from "../../../shared/broker/purge.ts";
import { timing } from "../../../shared/broker/timing.ts";
import { createTable, type LocalAwsHost, startLocalAws } from "../../contracts/aws-host.ts";
import { currentValue, publisherOver, realClock } from "../../contracts/aws-ports.ts";
import { publishedToken, tombstone } from "../../contracts/publisher.contract.ts";
import { firstWrite, fullMembers, publishDebt, writeOf } from "../../contracts/sample-connections.ts";

const revokedAt = 1_000_000;
const ids = { id: () => "purge-1", secret: () => "", fraction: () => 0 };

let host: LocalAwsHost;
let connections: ConnectionStore;
let secrets: SecretRemoval;
let id: ConnectionId;
let secret: string;
let accounts = 0;
let now: number;

beforeAll(async () => {
  host = await startLocalAws();
  connections = dynamoDbConnectionStore({
    client: host.dynamoDb,
    tableName: await createTable(host),
    clock: realClock,
  });
  secrets = secretsManagerRemoval(host.secretsManager);
});
afterAll(() => host.close());

beforeEach(() => {
  id = `rd-station/account-${++accounts}`;
  secret = `chaveiro/${id}`;
  now = revokedAt + timing.lastWriter;
});

const publisher = () => publisherOver(host.secretsManager);

/** A revoked connection as the broker leaves it, and its tombstone. */
async function revoked(change: ConnectionWrite["set"] = {}, owe: ConnectionWrite["owe"] = {}) {
  const left = {
    tokens: null,
    issuedAt: null,
    expiresAt: null,
    refreshAt: null,
    attempt: null,
    candidate: null,
  } as const;
  const set = { ...fullMembers, ...left, status: "revoked", revokedAt, secretName: secret, ...change } as const;
  await publisher().publish(secret, tombstone(4));
  return connections.write(id, firstWrite({ set, owe }));
}

/** Connected again, and published. */
async function authorizeAgain() {
  await connections.write(id, writeOf({ set: { status: "active", generation: 5, secretName: secret } }));
  await publisher().publish(secret, publishedToken(5));
}

const run = (ports: { readonly secrets?: SecretRemoval; readonly connections?: ConnectionStore } = {}) =>
  purge(
    { connections, secrets, random: ids, clock: { now: () => now, sleep: async () => {} }, ...ports },
    id,
    "operator",
  );

const isThere = () =>
  host.secretsManager.send(new DescribeSecretCommand({ SecretId: secret })).then(
    ({ DeletedDate }) => (DeletedDate === undefined ? "there" : "scheduled"),
    (error: unknown) => {
      if (error instanceof ResourceNotFoundException) return "gone";
      throw error;
    },
  );

it("removes the secret, the label and the history, and keeps the generation and the revocation", async () => {
  const before = await revoked();
  expect(await run()).toEqual({ kind: "purged", secret } satisfies PurgeResult);
  expect(await isThere()).toBe("gone");
  expect(await connections.read(id)).toEqual({
    ...before,
    label: null,
    lastRefresh: null,
    secretName: null,
    sequence: before.sequence + 1,
    updatedAt: now,
  });
  expect(await run()).toEqual({ kind: "empty" });
});

it("lets the account be connected and published again, on generations above", async () => {
  await revoked();
  await run();
  await authorizeAgain();
  expect(await currentValue(host.secretsManager, secret)).toMatchObject({ generation: 5, access_token: "access-5" });
});

it("removes the label of what was never published", async () => {
  await connections.write(id, firstWrite({ set: { status: "revoked", label: "Acme Ltda", revokedAt } }));
  expect(await run()).toEqual({ kind: "purged", secret: null });
  expect(await connections.read(id)).toMatchObject({ label: null });
});

it("does not do with a secret that somebody has deleted by hand", async () => {
  await revoked();
  await secrets.remove(secret);
  expect(await run()).toEqual({ kind: "purged", secret });
});

it.each(["active", "degraded", "reauthorization_required", "revoking"] as const)(
  "touches nothing of a connection that is %s",
  async (status) => {
    const before = await revoked({ status });
    expect(await run()).toEqual({ kind: "not-revoked", status });
    expect([await isThere(), await connections.read(id)]).toEqual(["there", before]);
  },
);

it("knows nothing of what was never connected", async () => {
  expect(await run()).toEqual({ kind: "not-found" });
  await connections.write(id, firstWrite());
  expect(await run()).toEqual({ kind: "not-found" });
});

it("waits until nobody can publish what was read before the revocation", async () => {
  await revoked();
  now = revokedAt + timing.lastWriter - 1;
  expect(await run()).toEqual({ kind: "too-early", until: now + 1 });
  expect(await isThere()).toBe("there");
});

it.each<[string, ConnectionWrite["set"], ConnectionWrite["owe"]]>([
  ["an attempt is under way", { attempt: { ...fullMembers.attempt, leaseUntil: revokedAt * 2 } }, {}],
  ["a refresh token was handed in", { candidate: fullMembers.candidate }, {}],
  ["something is owed", {}, { "publish-4": publishDebt }],
])("leaves it for later while %s", async (_what, change, owe) => {
  await revoked(change, owe);
  expect(await run()).toEqual({ kind: "unsettled" });
  expect(await isThere()).toBe("there");
});

it("gives the secret back where the account is connected again just before the deletion", async () => {
  await revoked();
  const late: SecretRemoval = {
    ...secrets,
    async schedule(name) {
      await authorizeAgain();
      return secrets.schedule(name);
    },
  };
  expect(await run({ secrets: late })).toEqual({ kind: "changed" });
  expect(await currentValue(host.secretsManager, secret)).toMatchObject({ generation: 5 });
  expect(await connections.read(id)).toMatchObject({ status: "active", label: fullMembers.label });
});

it("lets nobody publish between the two steps of the deletion, so that what is owed comes after it", async () => {
  await revoked();
  const late: SecretRemoval = {
    ...secrets,
    async remove(name) {
      const write = writeOf({ set: { status: "active", generation: 5, secretName: secret } });
      await connections.write(id, write);
      await expect(publisher().publish(secret, publishedToken(5))).rejects.toThrow();
      await secrets.remove(name);
    },
  };
  expect(await run({ secrets: late })).toEqual({ kind: "changed" });
  expect(await connections.read(id)).toMatchObject({ status: "active", label: fullMembers.label, generation: 5 });
  expect(await publisher().publish(secret, publishedToken(5))).toBe(5);
});

it.each(["schedule", "remove"] as const)("repeats a purge that died after it had asked to %s", async (step) => {
  await revoked();
  const dying: SecretRemoval = {
    ...secrets,
    async [step](name: string): Promise<never> {
      await secrets[step](name);
      throw new Error("died");
    },
  };
  await expect(run({ secrets: dying })).rejects.toThrow("died");
  expect(await isThere()).toBe(step === "schedule" ? "scheduled" : "gone");
  expect(await run()).toEqual({ kind: "purged", secret });
  expect(await isThere()).toBe("gone");
});

it("gives the secret back where the account was connected again after a purge that died", async () => {
  await revoked();
  await host.secretsManager.send(new DeleteSecretCommand({ SecretId: secret, RecoveryWindowInDays: 7 }));
  await connections.write(id, writeOf({ set: { status: "active", generation: 5 } }));
  expect(await run()).toEqual({ kind: "not-revoked", status: "active" });
  expect(await publisher().publish(secret, publishedToken(5))).toBe(5);
});

it("recognises its own write where only the reply was lost", async () => {
  await revoked();
  const losing: ConnectionStore = {
    ...connections,
    async write(connection, write) {
      await connections.write(connection, write);
      return connections.write(connection, write);
    },
  };
  expect(await run({ connections: losing })).toEqual({ kind: "purged", secret });
});

it("shows every error of Secrets Manager that is no answer", async () => {
  await revoked();
  await host.setFaults([{ service: "secretsmanager", operation: "DeleteSecret", error: "AccessDeniedException" }]);
  await expect(run()).rejects.toMatchObject({ name: "AccessDeniedException" });
  await host.setFaults([]);
  await host.secretsManager.send(new PutSecretValueCommand({ SecretId: secret, SecretString: "{}" }));
});
