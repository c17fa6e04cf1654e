import type { Context } from "aws-lambda";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { handler as Handler } from "../../functions/refresh.ts";
import { readConfig } from "../../shared/runtime/config.ts";
import { configuredProviders } from "../../shared/runtime/configured-providers.ts";
import { createKmsKey, createTable, type LocalAwsHost, startLocalAws } from "../contracts/aws-host.ts";

const context = { getRemainingTimeInMillis: () => 60_000 } as Context;

let host: LocalAwsHost;
let handler: typeof Handler;

beforeAll(async () => {
  host = await startLocalAws();
  const env = {
    AWS_ENDPOINT_URL: host.url,
    AWS_REGION: "sa-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    TABLE_NAME: await createTable(host),
    KEY_ID: await createKmsKey(host),
    EVENT_BUS_NAME: "default",
    PUBLIC_URL: "https://broker.example",
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  ({ handler } = await import("../../functions/refresh.ts"));
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await host.close();
});

const queriesOf = async (event: unknown) =>
  (await host.countRequests(async () => handler(event, context)))["dynamodb.Query"];

test("a sweep with nothing due costs one query for each provider and shard of its share", async () => {
  const each = configuredProviders(readConfig(process.env).providers).size;
  expect(await queriesOf({ "detail-type": "Scheduled Event", source: "aws.scheduler" })).toBe(4 * each);
  expect(await queriesOf({ share: 0, of: 2 })).toBe(2 * each);
  expect(await queriesOf({ share: 1, of: 2 })).toBe(2 * each);
  expect(await queriesOf({ share: 3, of: 4 })).toBe(each);
});

test("a schedule whose input names no share sweeps nothing, and says what to put there", async () => {
  const swept = await host.countRequests(async () => {
    await expect(handler({ share: 2, of: 2 }, context)).rejects.toThrow('{"share": <which, from 0>, "of": <how many');
  });
  expect(swept).toEqual({});
});
