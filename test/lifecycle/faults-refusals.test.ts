import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sandboxClient } from "../../infra/local/sandbox-client.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { healthy, rejectedHash, type StackClient, stackClient } from "../support/stack-client.ts";

const patience = { timeout: 60_000, interval: 200 } as const;
const envelopes = ["documented", "object", "array", "flat", "bare-array"] as const;

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
  client = stackClient(stack);
}, 90_000);

afterAll(async () => {
  await stack?.dispose();
});

beforeEach(async () => {
  await client.sandbox.faults([]);
  await client.sandbox.settings({ envelope: "documented", token_seconds: 600 });
});

async function presented(): Promise<number> {
  return (await client.sandbox.counters()).redemptions.presented;
}

async function told(account: string): Promise<readonly unknown[]> {
  return (await client.statusChanges(account)).map(({ status, previous_status, reason }) => [
    status,
    previous_status,
    reason,
  ]);
}

describe("a refusal is read in every envelope", { timeout: 120_000 }, () => {
  it.each(envelopes)("trouble at the provider degrades: %s", async (envelope) => {
    const account = `trouble-${envelope}`;
    await client.connect(account);
    await client.sandbox.settings({ envelope });
    await client.sandbox.faults([{ kind: "server-error", status: 500, endpoint: "token", account }]);
    expect((await client.refresh(account)).status).toBe(503);
    const degraded = { status: "degraded", outcome: "failed", code: "provider_unavailable", token: 200, liveGrants: 1 };
    expect(await client.standing(account)).toMatchObject(degraded);

    await client.sandbox.faults([]);
    expect((await client.refresh(account)).status).toBe(200);
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
  });

  it.each(envelopes)("a wrong client secret touches no connection: %s", async (envelope) => {
    const account = `client-${envelope}`;
    const { generation } = await client.connect(account);
    await client.sandbox.settings({ envelope });
    await client.sandbox.faults([{ kind: "wrong-client", endpoint: "token", account }]);
    expect(await client.refresh(account)).toMatchObject({ status: 502, body: { code: "client_credentials_rejected" } });
    const untouched = { status: "active", generation, outcome: "failed", code: "client_credentials_rejected" };
    expect(await client.standing(account)).toMatchObject({ ...untouched, token: 200, liveGrants: 1 });

    await client.sandbox.faults([]);
    expect((await client.refresh(account)).status).toBe(200);
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
    expect(await told(account)).toEqual([["active", null, null]]);
  });

  it.each(envelopes)("an app that its user has removed needs a new authorization: %s", async (envelope) => {
    const account = `removed-${envelope}`;
    const { generation, created_at } = await client.connect(account);
    await client.sandbox.settings({ envelope });
    await client.sandbox.endGrants(account);
    expect(await client.refresh(account)).toMatchObject({ status: 409, body: { code: "reauthorization_required" } });
    const dead = { status: "reauthorization_required", reason: "grant_rejected", generation };
    expect(await client.metadata(account)).toMatchObject({
      ...dead,
      last_refresh: { outcome: "failed", code: "grant_rejected" },
    });
    expect(await client.accessToken(account)).toMatchObject({
      status: 409,
      body: { code: "reauthorization_required" },
    });

    const before = await presented();
    expect((await client.refresh(account)).status).toBe(409);
    expect(await presented()).toBe(before + 1);
    expect(await client.metadata(account)).toMatchObject(dead);

    await client.sandbox.settings({ envelope: "documented" });
    expect(await client.connect(account)).toMatchObject({
      status: "active",
      reason: null,
      generation: generation + 1,
      created_at,
    });
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
    await expect
      .poll(() => told(account), patience)
      .toEqual([
        ["active", null, null],
        ["reauthorization_required", "active", "grant_rejected"],
        ["active", "reauthorization_required", null],
      ]);
  });
});

describe("a client secret that is wrong", { timeout: 120_000 }, () => {
  it("fails reads of expired tokens as 502 until the operator has stored the right one, and nothing else", async () => {
    await client.sandbox.settings({ token_seconds: 6 });
    await client.connect("short");
    await client.sandbox.settings({ token_seconds: 600 });
    await client.connect("long");
    await client.sandbox.client({ client_secret: "another" });
    expect((await client.refresh("long")).status).toBe(502);

    await expect
      .poll(() => client.accessToken("short"), patience)
      .toMatchObject({ status: 502, body: { code: "client_credentials_rejected" } });
    expect(await client.metadata("short")).toMatchObject({ status: "active", reason: null });
    expect(await client.standing("long")).toMatchObject({ ...healthy, code: "client_credentials_rejected" });

    await storeClientSecret("another");
    await expect.poll(() => client.standing("short"), patience).toMatchObject({ ...healthy, outcome: "succeeded" });
    expect((await client.refresh("long")).status).toBe(200);
    await expect.poll(() => client.standing("long"), patience).toMatchObject({ ...healthy, outcome: "succeeded" });
    expect(await told("short")).toEqual([["active", null, null]]);

    await client.sandbox.client({ client_secret: sandboxClient.clientSecret });
    await storeClientSecret(sandboxClient.clientSecret);
    expect((await client.refresh("long")).status).toBe(502);
    expect((await client.refresh("long")).status).toBe(200);
  });
});

/** As an operator does, with any AWS SDK. */
async function storeClientSecret(clientSecret: string): Promise<void> {
  const secrets = new SecretsManagerClient({
    endpoint: stack.awsUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const SecretString = JSON.stringify({ client_id: sandboxClient.clientId, client_secret: clientSecret });
  await secrets.send(new PutSecretValueCommand({ SecretId: "chaveiro/clients/rd-station", SecretString }));
  secrets.destroy();
}

const pause = 3_000;
const day = 86_400;
const inAnHour = () => new Date(Date.now() + pause * 1000).toUTCString();
const dated = { kind: "answer", status: 503, headers: { "retry-after": inAnHour() }, body: "" } as const;

/** Pauses that the provider asks for, in seconds; null where it asks for none. */
const pauses = [
  ["gateway-standard", { kind: "rate-limit", body: "gateway", headers: "standard", retry_after: pause }, pause],
  ["gateway-quotas", { kind: "rate-limit", body: "gateway", headers: "quotas", retry_after: pause }, pause],
  ["gateway-none", { kind: "rate-limit", body: "gateway", headers: "none", retry_after: pause }, null],
  ["application-standard", { kind: "rate-limit", body: "application", headers: "standard", retry_after: pause }, pause],
  ["application-quotas", { kind: "rate-limit", body: "application", headers: "quotas", retry_after: pause }, pause],
  ["application-none", { kind: "rate-limit", body: "application", headers: "none", retry_after: pause }, pause],
  ["envelope-standard", { kind: "rate-limit", body: "envelope", headers: "standard", retry_after: pause }, pause],
  ["envelope-quotas", { kind: "rate-limit", body: "envelope", headers: "quotas", retry_after: pause }, pause],
  ["envelope-none", { kind: "rate-limit", body: "envelope", headers: "none", retry_after: pause }, null],
  ["a-day", { kind: "rate-limit", retry_after: day }, 3_600],
  ["unavailable", { kind: "server-error", status: 503, retry_after: pause }, pause],
  ["error-page", { kind: "server-error", status: 500, format: "html", retry_after: pause }, pause],
  ["a-date", dated, pause - 60],
] as const;

describe("a provider that asks to be left alone", { timeout: 120_000 }, () => {
  it.each(pauses)("is left alone: %s", async (account, fault, seconds) => {
    await client.connect(account);
    await client.sandbox.faults([{ ...fault, endpoint: "token", account }]);
    const askedAt = Date.now();
    expect(await client.refresh(account)).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    const { status, refresh_at } = await client.metadata(account);
    expect(status).toBe("degraded");
    const pausedFor = (Date.parse(refresh_at ?? "") - askedAt) / 1000;
    if (seconds === null) expect(pausedFor).toBeLessThan(600);
    else expect(pausedFor).toBeGreaterThanOrEqual(seconds);
    expect(pausedFor).toBeLessThan(3_700);

    await client.sandbox.faults([]);
    if (seconds !== null) await staysAlone(account, seconds);
    expect(await client.refresh(account)).toMatchObject({ status: 200, body: { status: "active" } });
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
  });

  /** Reads do not override the pause: who wants the current token gets it, who cannot use it is told when to ask again. */
  async function staysAlone(account: string, seconds: number): Promise<void> {
    const before = await presented();
    const { access_token } = (await client.accessToken(account)).body;
    const report = await client.accessToken(account, { rejected: rejectedHash(access_token) });
    expect(report).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    expect(Number(report.headers.get("retry-after"))).toBeGreaterThan(seconds / 2);
    expect(await client.standing(account)).toMatchObject({ status: "degraded", token: 200, liveGrants: 1 });
    expect(await presented()).toBe(before);
  }
});

describe("an access token that the provider's API refuses", { timeout: 120_000 }, () => {
  it.each(["current", "legacy", "legacy-remapped"])("is replaced for who reports it: %s", async (gateway) => {
    const account = `refused-${gateway}`;
    await client.sandbox.settings({ resource_unauthorized: gateway });
    await client.connect(account);
    const { access_token } = (await client.accessToken(account)).body;
    await client.sandbox.faults([{ kind: "unauthorized", endpoint: "contacts", account, times: 1 }]);
    expect(await client.callApi(access_token)).toBe(401);

    const report = await client.accessToken(account, { rejected: rejectedHash(access_token) });
    expect(report).toMatchObject({ status: 200, body: { generation: 2 } });
    const stale = await client.accessToken(account, { rejected: rejectedHash(access_token) });
    expect(stale).toMatchObject({ status: 200, body: { generation: 2 } });
    const again = await client.accessToken(account, { rejected: rejectedHash(report.body.access_token) });
    expect(again).toMatchObject({ status: 429, body: { code: "token_just_issued" } });
    expect(Number(again.headers.get("retry-after"))).toBeGreaterThan(0);
    await expect.poll(() => client.standing(account), patience).toMatchObject({ ...healthy, generation: 2 });
    await client.sandbox.settings({ resource_unauthorized: "current" });
  });
});

it("redeems no refresh token twice at a time, and follows no redirect", async () => {
  const { requests, redemptions } = await client.sandbox.counters();
  expect(redemptions).toMatchObject({ overlapping: 0, maximum_overlap: 1 });
  expect(requests["redirected"]).toBeUndefined();
});
