import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sandboxCrmClient } from "../../infra/local/sandbox-client.ts";
import { authorize, browser } from "../support/browser.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { eventually, healthy, type StackClient, stackClient } from "../support/stack-client.ts";

const patience = { timeout: 60_000, interval: 200 } as const;
const fortnight = 1_209_600;

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
  client = stackClient(stack, "rd-station-crm");
}, 90_000);

afterAll(() => stack?.dispose());

beforeEach(async () => {
  await client.sandbox.faults([]);
  await client.sandbox.settings({ token_seconds: 600, refresh_token_seconds: fortnight });
});

/** Redeems a refresh token at the provider itself, past the broker. @returns the provider's status */
async function redeemPastUs(refreshToken: string): Promise<number> {
  const { clientId, clientSecret } = sandboxCrmClient;
  const response = await fetch(`${stack.sandboxUrl}/rd-station-crm/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      client_id: clientId,
      client_secret: clientSecret,
      refresh_token: refreshToken,
    }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function refreshesOf(account: string) {
  const entries = await client.sandbox.log({ account, endpoint: "token" });
  return entries.filter(({ redeems }) => redeems === "refresh_token");
}

async function told(account: string): Promise<readonly unknown[]> {
  return (await client.statusChanges(account)).map(({ status, reason }) => [status, reason]);
}

describe("a refresh token that rolls", { timeout: 120_000 }, () => {
  it("comes from the dialog, and is used ahead of time although nobody reads, each time another one", async () => {
    // It would die of idleness if it were not used.
    await client.sandbox.settings({ token_seconds: 8, refresh_token_seconds: 14 });
    const connected = await client.connect("rolling", "Padaria Estrela");
    expect(connected).toMatchObject({
      status: "active",
      label: null,
      generation: 1,
      origin: `${stack.sandboxUrl}/rd-station-crm`,
      secret_name: "chaveiro/rd-station-crm/rolling",
    });

    const tokens = new Set<string>();
    const startedAt = Date.now();
    await eventually(async () => {
      const published = await client.published("rolling");
      tokens.add(published?.access_token ?? "");
      return published !== undefined && published.generation >= 4;
    });
    expect(Date.now() - startedAt).toBeGreaterThan(14_000);
    await client.sandbox.settings({ token_seconds: 600, refresh_token_seconds: fortnight });

    const refreshes = await refreshesOf("Padaria Estrela");
    expect(refreshes.map(({ status, outcome }) => [status, outcome])).toEqual(refreshes.map(() => [200, "refreshed"]));
    expect(new Set(refreshes.map(({ issued_refresh_hash }) => issued_refresh_hash)).size).toBe(refreshes.length);
    expect(refreshes.slice(1).map(({ presented_hash }) => presented_hash)).toEqual(
      refreshes.slice(0, -1).map(({ issued_refresh_hash }) => issued_refresh_hash),
    );
    expect(await client.sandbox.grants("Padaria Estrela")).toMatchObject([{ alive: true, live_refresh_tokens: 1 }]);

    // The one that is under way is the last for a while.
    await expect
      .poll(async () => Date.parse((await client.metadata("rolling")).refresh_at ?? "") - Date.now(), patience)
      .toBeGreaterThan(60_000);
    await expect
      .poll(() => client.standing("rolling", "Padaria Estrela"), patience)
      .toMatchObject({ ...healthy, outcome: "succeeded" });
    const current = (await client.published("rolling"))?.access_token ?? "";
    const old = [...tokens].filter((token) => token !== current);
    expect(old.length).toBeGreaterThanOrEqual(3);
    expect(await Promise.all(old.map((token) => client.callApi(token)))).toEqual(old.map(() => 401));
    expect(await told("rolling")).toEqual([["active", null]]);
  });

  it("needs another authorization when it has died because nobody could use it", async () => {
    await client.sandbox.settings({ refresh_token_seconds: 1 });
    await client.connect("idle");
    await expect
      .poll(() => client.sandbox.grants("idle"), patience)
      .toMatchObject([{ alive: true, live_refresh_tokens: 0 }]);
    expect(await client.refresh("idle")).toMatchObject({ status: 409, body: { code: "reauthorization_required" } });
    const dead = { status: "reauthorization_required", reason: "grant_rejected", generation: 1 };
    expect(await client.metadata("idle")).toMatchObject(dead);
    expect((await client.accessToken("idle")).body.code).toBe("reauthorization_required");

    await client.sandbox.settings({ refresh_token_seconds: fortnight });
    expect(await client.connect("idle")).toMatchObject({ status: "active", reason: null, generation: 2 });
    await expect.poll(() => client.standing("idle"), patience).toMatchObject({ ...healthy, liveGrants: 2 });
    expect(await told("idle")).toEqual([
      ["active", null],
      ["reauthorization_required", "grant_rejected"],
      ["active", null],
    ]);
  });

  it.each([
    ["kong", { dead_error: "invalid_request", dead_status: 400 }],
    ["rfc", { dead_error: "invalid_grant", dead_status: 400 }],
    ["rfc-401", { dead_error: "invalid_grant", dead_status: 401 }],
  ])("is known to be dead in the provider's words: %s", async (account, words) => {
    await client.connect(account);
    await client.sandbox.settings(words);
    await client.sandbox.endGrants(account);
    expect(await client.refresh(account)).toMatchObject({ status: 409, body: { code: "reauthorization_required" } });
    await client.sandbox.settings({ dead_error: "invalid_request", dead_status: 400 });
  });

  it("that was handed in is redeemed at once, and is then dead for whoever has kept it", async () => {
    const refreshToken = await client.sandbox.refreshToken("moved-in");
    const created = await client.put("moved-in", refreshToken);
    expect(created).toMatchObject({ status: 201, body: { status: "active", generation: 1 } });
    await expect.poll(() => client.standing("moved-in"), patience).toMatchObject(healthy);
    expect(await redeemPastUs(refreshToken)).toBe(400);

    const before = await client.metadata("moved-in");
    expect(await client.put("moved-in", refreshToken)).toMatchObject({ status: 422, body: { code: "grant_rejected" } });
    expect(await client.metadata("moved-in")).toEqual(before);
    expect(await client.refresh("moved-in")).toMatchObject({ status: 200, body: { generation: 2 } });
    await expect.poll(() => client.standing("moved-in"), patience).toMatchObject(healthy);
  });
});

describe("a provider in trouble", { timeout: 120_000 }, () => {
  it("that refuses our client changes no connection's status, and says so to its readers and operators", async () => {
    const accounts = ["client-one", "client-two"];
    for (const account of accounts) await client.connect(account);
    await client.sandbox.client({ client_secret: "another" });
    for (const account of accounts) {
      expect(await client.refresh(account)).toMatchObject({
        status: 502,
        body: { code: "client_credentials_rejected" },
      });
      expect(await client.standing(account)).toMatchObject({ status: "active", reason: null, token: 200 });
    }
    await expect
      .poll(async () => (await client.events()).map(({ detail_type }) => detail_type), patience)
      .toContain("provider.client_credentials_rejected");

    await client.sandbox.client({ client_secret: sandboxCrmClient.clientSecret });
    for (const account of accounts) {
      expect(await client.refresh(account)).toMatchObject({ status: 200, body: { status: "active", generation: 2 } });
      expect(await told(account)).toEqual([["active", null]]);
    }
  });

  it("that limits us is left alone for as long as it asks", async () => {
    await client.connect("limited");
    await client.sandbox.aim("limited", [{ kind: "rate-limit", endpoint: "token", retry_after: 4, times: 1 }]);
    const limited = await client.refresh("limited");
    expect(limited).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThanOrEqual(3);
    expect(Number(limited.headers.get("retry-after"))).toBeLessThanOrEqual(5);
    expect(await client.standing("limited")).toMatchObject({ status: "degraded", reason: null, token: 200 });

    await expect.poll(() => client.standing("limited"), patience).toMatchObject({ ...healthy, generation: 2 });
    const [refused, granted, ...more] = await refreshesOf("limited");
    expect([refused?.status, granted?.status, more]).toEqual([429, 200, []]);
    expect((granted?.started_at ?? 0) - (refused?.started_at ?? 0)).toBeGreaterThanOrEqual(4_000);
  });
});

describe("the account's owner", { timeout: 60_000 }, () => {
  it("can decline, and nothing is connected", async () => {
    const { authorization_url: link } = await client.ticket("declined");
    const page = await authorize(browser(), link, { account: "declined", decision: "decline" });
    expect(page.body).not.toContain("Conta conectada");
    expect((await client.call("GET", "/v1/connections/rd-station-crm/declined")).status).toBe(404);
    expect(await client.sandbox.grants("declined")).toEqual([]);
  });

  it("is off-boarded here only, and told how to end the grant; and may come back", async () => {
    await client.connect("leaving");
    const token = (await client.accessToken("leaving")).body.access_token;
    const revoked = await client.revoke("leaving");
    expect(revoked).toMatchObject({ status: 200, body: { status: "revoked", upstream: "unsupported" } });
    expect(await client.accessToken("leaving")).toMatchObject({ status: 410, body: { code: "connection_revoked" } });
    await expect
      .poll(async () => Object.keys((await client.published("leaving")) ?? {}), patience)
      .toEqual(["provider", "account", "generation", "revoked_at"]);
    expect((await client.revoke("leaving")).body).toMatchObject({ status: "revoked", upstream: "unsupported" });
    expect(await client.callApi(token)).toBe(200);
    expect(await client.sandbox.grants("leaving")).toMatchObject([{ alive: true, live_refresh_tokens: 1 }]);
    expect(stack.output()).toContain("The account's owner can remove the app in RD Station CRM.");

    const again = await client.connect("leaving");
    expect(again.status).toBe("active");
    expect(again.generation).toBeGreaterThan(revoked.body.generation);
    await expect.poll(() => client.standing("leaving"), patience).toMatchObject({ ...healthy, liveGrants: 2 });
  });
});

it("redeems no refresh token twice at a time", async () => {
  expect((await client.sandbox.counters()).redemptions).toMatchObject({ overlapping: 0, maximum_overlap: 1 });
});
