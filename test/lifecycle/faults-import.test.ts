import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sandboxClient, sandboxCrmClient } from "../../infra/local/sandbox-client.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { healthy, type StackClient, stackClient } from "../support/stack-client.ts";

const patience = { timeout: 90_000, interval: 250 } as const;
const usual = { rotation: "same", grace_seconds: 0, family_revocation: false } as const;

vi.setConfig({ maxConcurrency: 10 });

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
  client = stackClient(stack);
}, 90_000);

afterAll(async () => {
  await stack?.dispose();
});

/** The status of `GET` of a connection: 404 where there is none. */
async function statusOf(account: string): Promise<number> {
  return (await client.call("GET", `/v1/connections/rd-station/${account}`)).status;
}

/** What certainly redeemed nothing: the refresh token is not kept, and its holder is told to send it again. */
const refusals = [
  ["refused", { kind: "invalid-refresh-token" }, 422, "grant_rejected"],
  ["wrong-client", { kind: "wrong-client" }, 502, "client_credentials_rejected"],
  ["error-500", { kind: "server-error", status: 500 }, 503, "provider_unavailable"],
  ["error-503", { kind: "server-error", status: 503 }, 503, "provider_unavailable"],
  ["rate-limit", { kind: "rate-limit", retry_after: 3_000 }, 503, "provider_unavailable"],
  ["redirect-302", { kind: "redirect", status: 302 }, 503, "provider_unavailable"],
  ["redirect-307", { kind: "redirect", status: 307 }, 503, "provider_unavailable"],
  ["page-401", { kind: "answer", status: 401, body: "<html></html>" }, 503, "provider_unavailable"],
] as const;

/** What may have redeemed it all the same: it is kept, and the sweep finds out. */
const silences = [
  ["error-500-html", { kind: "server-error", status: 500, format: "html" }],
  ["error-502", { kind: "server-error", status: 502 }],
  ["error-504", { kind: "server-error", status: 504 }],
  ["page-200", { kind: "html" }],
  ["empty-object", { kind: "empty-object" }],
  ["reset", { kind: "reset" }],
  ["reset-processed", { kind: "reset", processed: true }],
  ["cut", { kind: "cut" }],
  ["broken-json", { kind: "broken-json" }],
  ["timeout", { kind: "delay", milliseconds: 9_000 }],
] as const;

describe.concurrent("a refresh token that is handed in", { timeout: 180_000 }, () => {
  it.for(refusals)("and refused leaves nothing behind: %s", async ([name, fault, status, code], { expect }) => {
    const account = `new-${name}`;
    const refreshToken = await client.sandbox.refreshToken(account);
    await client.sandbox.aim(account, [{ ...fault, endpoint: "token" }]);
    const answer = await client.put(account, refreshToken);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers.has("retry-after")).toBe(status === 503 || status === 502);
    expect(await statusOf(account)).toBe(404);

    await client.sandbox.aim(account, []);
    expect(await client.put(account, refreshToken)).toMatchObject({
      status: 201,
      body: { status: "active", label: account },
    });
    expect(await client.standing(account)).toMatchObject(healthy);
  });

  it.for(refusals)(
    "and refused leaves what was there untouched: %s",
    async ([name, fault, status, code], { expect }) => {
      const account = `there-${name}`;
      await client.connect(account);
      const { generation } = (await client.refresh(account)).body;
      const before = await client.metadata(account);
      const tokenBefore = (await client.accessToken(account)).body;
      const refreshToken = await client.sandbox.refreshToken(account);
      await client.sandbox.aim(account, [{ ...fault, endpoint: "token" }]);
      expect(await client.put(account, refreshToken)).toMatchObject({ status, body: { code } });
      expect(await client.metadata(account)).toEqual(before);
      expect((await client.accessToken(account)).body).toEqual(tokenBefore);

      await client.sandbox.aim(account, []);
      expect(await client.put(account, refreshToken)).toMatchObject({
        status: 200,
        body: { generation: generation + 1 },
      });
      expect(await client.standing(account)).toMatchObject({ ...healthy, liveGrants: 2 });
    },
  );

  it.for(silences)("and not answered is found out about by the sweep: %s", async ([name, fault], { expect }) => {
    const account = `sweep-${name}`;
    const refreshToken = await client.sandbox.refreshToken(account);
    await client.sandbox.aim(account, [{ ...fault, endpoint: "token" }]);
    const answer = await client.put(account, refreshToken);
    expect(answer).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await statusOf(account)).toBe(404);

    await client.sandbox.aim(account, []);
    await expect.poll(() => statusOf(account), patience).toBe(200);
    await expect.poll(() => client.standing(account), patience).toMatchObject({ ...healthy, outcome: "succeeded" });
    expect((await client.refresh(account)).status).toBe(200);
  });

  it.for(silences)("and not answered leaves what was there usable: %s", async ([name, fault], { expect }) => {
    const account = `beside-${name}`;
    const { generation } = await client.connect(account);
    const refreshToken = await client.sandbox.refreshToken(account);
    await client.sandbox.aim(account, [{ ...fault, endpoint: "token" }]);
    expect((await client.put(account, refreshToken)).status).toBe(503);
    expect(await client.standing(account)).toMatchObject({
      status: "active",
      generation,
      token: 200,
      publishedToken: 200,
    });

    await client.sandbox.aim(account, []);
    await expect.poll(async () => (await client.metadata(account)).generation, patience).toBe(generation + 1);
    await expect.poll(() => client.standing(account), patience).toMatchObject({ ...healthy, liveGrants: 2 });
  });
});

describe("a refresh token that is handed in", { timeout: 180_000 }, () => {
  beforeEach(async () => {
    await client.sandbox.settings(usual);
  });

  it("and cannot be redeemed because no client credentials are stored says where to store them", async () => {
    const secrets = new SecretsManagerClient({
      endpoint: stack.awsUrl,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    const SecretId = "chaveiro/clients/rd-station-crm";
    await secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
    const crm = stackClient(stack, "rd-station-crm");
    const refreshToken = await crm.sandbox.refreshToken("no-client");
    const answer = await crm.put("no-client", refreshToken);
    expect(answer).toMatchObject({ status: 502, body: { code: "client_credentials_rejected" } });
    expect(answer.body.detail).toContain(`There are no client credentials: the secret ${SecretId} is missing`);
    expect(answer.body.detail).toContain(`in ${SecretId}, as registered at the provider.`);

    const SecretString = JSON.stringify({
      client_id: sandboxCrmClient.clientId,
      client_secret: sandboxCrmClient.clientSecret,
    });
    await secrets.send(new CreateSecretCommand({ Name: SecretId, SecretString }));
    expect(await crm.put("no-client", refreshToken)).toMatchObject({ status: 201 });
  });

  it("and unknown to the provider leaves what was there untouched", async () => {
    const before = await client.connect("unknown");
    const answer = await client.put("unknown", "a-token-that-nobody-has-ever-issued-anywhere-1");
    expect(answer).toMatchObject({ status: 422, body: { code: "grant_rejected" } });
    expect(await client.metadata("unknown")).toEqual(before);
    expect(await client.standing("unknown")).toMatchObject(healthy);
  });

  it("and is the stored one is not redeemed", async () => {
    const refreshToken = await client.sandbox.refreshToken("same");
    const first = await client.put("same", refreshToken);
    expect(first).toMatchObject({ status: 201, body: { generation: 1 } });
    const before = (await client.sandbox.counters()).redemptions.presented;
    const again = await client.put("same", refreshToken);
    expect(again).toMatchObject({ status: 200, body: { generation: 1, status: "active" } });
    expect((await client.sandbox.counters()).redemptions.presented).toBe(before);
    expect(await client.standing("same")).toMatchObject(healthy);
  });

  it("revives a connection whose grant is dead", async () => {
    await client.connect("revived");
    await client.sandbox.endGrants("revived");
    expect((await client.refresh("revived")).status).toBe(409);
    const revived = await client.put("revived", await client.sandbox.refreshToken("revived"));
    expect(revived).toMatchObject({ status: 200, body: { status: "active", reason: null } });
    await expect.poll(() => client.standing("revived"), patience).toMatchObject(healthy);
  });

  it("and rotated without an answer is lost where it works once only, and what was there is not", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies" });
    const { generation } = await client.connect("once");
    const refreshToken = await client.sandbox.refreshToken("once");
    await client.sandbox.aim("once", [{ kind: "reset", processed: true, endpoint: "token", times: 1 }]);
    expect((await client.put("once", refreshToken)).status).toBe(503);
    await expect
      .poll(async () => (await client.sandbox.log({ account: "once" })).at(-1)?.outcome, patience)
      .toBe("dead-refresh-token");
    expect(await client.standing("once")).toMatchObject({ status: "active", generation, token: 200 });
    expect((await client.refresh("once")).body).toMatchObject({ status: "active", generation: generation + 1 });
    expect(await client.put("once", refreshToken)).toMatchObject({ status: 422 });
  });

  it("and rotated without an answer is not lost within the grace of the old one", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies", grace_seconds: 300, family_revocation: true });
    const refreshToken = await client.sandbox.refreshToken("grace");
    await client.sandbox.aim("grace", [{ kind: "reset", processed: true, endpoint: "token", times: 1 }]);
    expect((await client.put("grace", refreshToken)).status).toBe(503);
    await expect.poll(() => client.standing("grace").catch(() => undefined), patience).toMatchObject(healthy);
  });

  it("and brings an access token that cannot be used is kept for its refresh token", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies" });
    const refreshToken = await client.sandbox.refreshToken("no-life");
    await client.sandbox.aim("no-life", [{ kind: "expires-in", value: 0, endpoint: "token" }]);
    await client.put("no-life", refreshToken);
    await client.sandbox.aim("no-life", []);
    await expect.poll(() => client.standing("no-life").catch(() => undefined), patience).toMatchObject(healthy);
    expect((await client.sandbox.counters()).redemptions.overlapping).toBe(0);
  });

  it("and refused because our client secret is wrong is accepted once that is right", async () => {
    const refreshToken = await client.sandbox.refreshToken("secret");
    await client.sandbox.client({ client_secret: "another" });
    expect(await client.put("secret", refreshToken)).toMatchObject({ status: 502 });
    await client.sandbox.client({ client_secret: sandboxClient.clientSecret });
    expect(await client.put("secret", refreshToken)).toMatchObject({ status: 201 });
    await expect.poll(() => client.standing("secret"), patience).toMatchObject(healthy);
  });
});

it("follows no redirect, and redeems no refresh token twice at a time", async () => {
  const { requests, redemptions } = await client.sandbox.counters();
  expect(requests["redirected"]).toBeUndefined();
  expect(redemptions).toMatchObject({ overlapping: 0, maximum_overlap: 1 });
});
