import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { eventually, rejectedHash, type StackClient, stackClient } from "../support/stack-client.ts";

let stack: LocalStack;
let broker: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "10" });
  broker = stackClient(stack);
  await broker.sandbox.settings({ rotation: "new-old-still-valid" });
}, 90_000);

afterAll(() => stack.dispose());

/** Waits until a refresh nobody asked for has moved the generation past this one. */
function refreshedPast(account: string, generation: number) {
  return eventually(async () => {
    const metadata = await broker.metadata(account);
    return metadata.generation > generation && metadata;
  });
}

async function currentToken(account: string): Promise<string> {
  const reply = await broker.accessToken(account);
  expect(reply.status).toBe(200);
  return reply.body.access_token;
}

test("a connection lives: connected, refreshed ahead, killed, restarted, rejected, revoked, connected again", {
  timeout: 240_000,
}, async () => {
  const connected = await broker.connect("life", "Padaria Estrela");
  expect(connected).toMatchObject({
    status: "active",
    label: "Padaria Estrela",
    generation: 1,
    secret_name: "chaveiro/rd-station/life",
  });

  const refreshed = await refreshedPast("life", 1);
  expect(refreshed.last_refresh).toMatchObject({ outcome: "succeeded", code: null });
  const published = await eventually(async () => {
    const value = await broker.published("life");
    return value !== undefined && value.generation >= refreshed.generation && value;
  });
  expect(Object.keys(published)).toEqual([
    "access_token",
    "token_type",
    "expires_at",
    "issued_at",
    "provider",
    "account",
    "origin",
    "generation",
  ]);
  expect(await broker.callApi(published.access_token ?? "")).toBe(200);

  await stack.kill();
  await stack.start();
  const afterKill = await broker.metadata("life");
  expect(afterKill.generation).toBeGreaterThanOrEqual(refreshed.generation);
  const afterRestart = await refreshedPast("life", afterKill.generation);
  expect(afterRestart.status).toBe("active");
  expect(await broker.callApi(await currentToken("life"))).toBe(200);

  const rejected = await currentToken("life");
  const replacement = await broker.accessToken("life", { rejected: rejectedHash(rejected) });
  expect(replacement.status).toBe(200);
  expect(replacement.body.access_token).not.toBe(rejected);

  const revoked = await broker.revoke("life");
  expect([revoked.status, revoked.body.status, revoked.body.upstream]).toEqual([200, "revoked", "revoked"]);
  expect((await broker.sandbox.grants("Padaria Estrela")).map(({ alive }) => alive)).toEqual([false]);
  expect(await broker.callApi(replacement.body.access_token)).toBe(401);
  expect((await broker.accessToken("life")).body.code).toBe("connection_revoked");
  expect(Object.keys((await broker.published("life")) ?? {})).toEqual([
    "provider",
    "account",
    "generation",
    "revoked_at",
  ]);
  expect((await broker.revoke("life")).body).toMatchObject({ status: "revoked", upstream: "revoked" });

  const again = await broker.connect("life", "Padaria Estrela");
  expect(again.status).toBe("active");
  expect(again.generation).toBeGreaterThan(revoked.body.generation);
  expect(await broker.callApi(await currentToken("life"))).toBe(200);
  const statuses = (await broker.statusChanges("life")).map(({ status }) => status);
  expect(statuses).toEqual(["active", "revoking", "revoked", "active"]);
  expect((await broker.sandbox.counters()).redemptions.overlapping).toBe(0);
});

test("a token that was just issued for a rejected one is not refreshed once more", { timeout: 60_000 }, async () => {
  await broker.connect("rejected", "Acme Ltda");
  const first = await currentToken("rejected");
  const second = await broker.accessToken("rejected", { rejected: rejectedHash(first) });
  const old = await broker.accessToken("rejected", { rejected: rejectedHash(first) });
  expect(old.body.access_token).toBe(second.body.access_token);
  const third = await broker.accessToken("rejected", { rejected: rejectedHash(second.body.access_token) });
  expect([third.status, third.body.code]).toEqual([429, "token_just_issued"]);
  expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("a refresh token that is handed in connects, and the same one again is not redeemed", {
  timeout: 60_000,
}, async () => {
  const { code } = await broker.sandbox.approve("Mercado Azul");
  const refreshToken = await exchange(code);
  const created = await broker.put("moved-in", refreshToken);
  expect([created.status, created.body.status, created.body.label]).toEqual([201, "active", "Mercado Azul"]);
  expect(await broker.callApi(await currentToken("moved-in"))).toBe(200);

  const refused = await broker.put("moved-in", "not-a-refresh-token");
  expect([refused.status, refused.body.code]).toEqual([422, "grant_rejected"]);
  expect(await broker.callApi(await currentToken("moved-in"))).toBe(200);

  const unknown = await broker.put("never-there", "not-a-refresh-token");
  expect(unknown.status).toBe(422);
  expect((await broker.call("GET", "/v1/connections/rd-station/never-there")).status).toBe(404);
  const { body } = await broker.call<{ connections: readonly { account: string }[] }>("GET", "/v1/connections");
  expect(body.connections.map(({ account }) => account)).not.toContain("never-there");
});

/** Exchanges a code at the sandbox itself, as the system that a connection is moved in from once did. */
async function exchange(code: string): Promise<string> {
  const { sandboxClient } = await import("../../infra/local/sandbox-client.ts");
  const response = await fetch(`${stack.sandboxUrl}/rd-station/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_id: sandboxClient.clientId, client_secret: sandboxClient.clientSecret, code }),
  });
  const { refresh_token } = (await response.json()) as { readonly refresh_token: string };
  return refresh_token;
}
