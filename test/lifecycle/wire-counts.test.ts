import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { eventually, stackClient } from "../support/stack-client.ts";

let stack: LocalStack;

afterEach(() => stack.dispose());

async function started(env: Readonly<Record<string, string>>) {
  stack = await startLocalStack(env);
  return stackClient(stack);
}

const neverSweeps = { SWEEP_SECONDS: "86400" };

test("50 concurrent readers of an expired token cause one redemption and all get the new token", {
  timeout: 120_000,
}, async () => {
  const broker = await started({ ...neverSweeps, SANDBOX_TOKEN_SECONDS: "3" });
  const { expires_at } = await broker.connect("stampede");
  await wait(Date.parse(expires_at ?? "") - Date.now() + 10);
  await broker.sandbox.settings({ token_seconds: 600 });

  const replies = await Promise.all(Array.from({ length: 50 }, () => broker.accessToken("stampede")));
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
  expect(new Set(replies.map(({ body }) => body.access_token)).size).toBe(1);
  const { redeemed, overlapping, maximum_overlap } = (await broker.sandbox.counters()).redemptions;
  expect({ redeemed, overlapping, maximum_overlap }).toEqual({ redeemed: 1, overlapping: 0, maximum_overlap: 1 });
});

test("one scheduled refresh of a published connection costs what it may cost", { timeout: 120_000 }, async () => {
  const broker = await started({ SWEEP_SECONDS: "0.5", SANDBOX_TOKEN_SECONDS: "10" });
  await broker.connect("budget");
  await broker.sandbox.settings({ token_seconds: 600 });
  await broker.aws.resetRequests();
  await eventually(async () => (await broker.sandbox.counters()).redemptions.redeemed === 1);
  // The discharge is the last thing a refresh does. A sweep asks every shard of three providers once, and a provider's four
  // once more where something was due; it reads the health of the two that are in one place, and the connection that is due.
  const isOver = (counts: Readonly<Record<string, number>>) =>
    counts["dynamodb.UpdateItem"] === 3 && counts["dynamodb.Query"] === 4 + 6 * ((counts["dynamodb.GetItem"] ?? 0) - 1);
  const {
    "dynamodb.Query": _queries,
    "dynamodb.GetItem": _reads,
    ...requests
  } = await eventually(
    async () => {
      const counts = await broker.aws.requests();
      return isOver(counts) && counts;
    },
    60,
    "one refresh, and as many reads as it may cost",
  );
  expect(requests).toEqual({
    "dynamodb.UpdateItem": 3,
    "kms.Decrypt": 1,
    "secretsmanager.GetSecretValue": 1,
    "secretsmanager.PutSecretValue": 1,
    "secretsmanager.UpdateSecretVersionStage": 1,
  });
  expect((await broker.sandbox.counters()).requests["token"]?.total).toBe(2);
});

test("a sweep with nothing due costs a query per shard and a read per provider, however many connections there are", {
  timeout: 120_000,
}, async () => {
  const broker = await started({ SWEEP_SECONDS: "0.5", SANDBOX_TOKEN_SECONDS: "600" });
  for (const account of ["a", "b", "c"]) await broker.connect(account);
  await broker.aws.resetRequests();
  const requests = await eventually(async () => {
    const counts = await broker.aws.requests();
    const queries = counts["dynamodb.Query"] ?? 0;
    return queries >= 36 && queries === 6 * (counts["dynamodb.GetItem"] ?? 0) && counts;
  });
  expect(Object.keys(requests).sort()).toEqual(["dynamodb.GetItem", "dynamodb.Query"]);
});

test("a read of a token that lives long enough costs one read and one decryption", { timeout: 120_000 }, async () => {
  const broker = await started({ ...neverSweeps, SANDBOX_TOKEN_SECONDS: "600" });
  await broker.connect("reader");
  await broker.aws.resetRequests();
  expect((await broker.accessToken("reader")).status).toBe(200);
  expect(await broker.aws.requests()).toEqual({ "dynamodb.GetItem": 1, "kms.Decrypt": 1 });
});
