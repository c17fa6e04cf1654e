import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sandboxClient } from "../../infra/local/sandbox-client.ts";
import { authorize, browser, decide } from "../support/browser.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { healthy, type StackClient, stackClient } from "../support/stack-client.ts";

const patience = { timeout: 60_000, interval: 200 } as const;

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

const noAnswer = "O RD Station Marketing não respondeu";
const notAccepted = "Não foi possível conectar";
const connected = "Conta conectada";
const html = "<html><body>Sign in to the network</body></html>";

/** What a code exchange may get instead of tokens, and what the person is told. */
const breakdowns = [
  ["error-500-json", { kind: "server-error", status: 500 }, noAnswer],
  ["error-500-html", { kind: "server-error", status: 500, format: "html" }, noAnswer],
  ["error-502", { kind: "server-error", status: 502 }, noAnswer],
  ["error-503", { kind: "server-error", status: 503, retry_after: 3_000 }, noAnswer],
  ["error-504", { kind: "server-error", status: 504 }, noAnswer],
  ["page-200", { kind: "html" }, noAnswer],
  ["empty-object", { kind: "empty-object" }, noAnswer],
  ["redirect-302", { kind: "redirect", status: 302 }, noAnswer],
  ["redirect-307", { kind: "redirect", status: 307 }, noAnswer],
  ["rate-limit", { kind: "rate-limit" }, noAnswer],
  ["reset", { kind: "reset" }, noAnswer],
  ["reset-processed", { kind: "reset", processed: true }, noAnswer],
  ["cut", { kind: "cut" }, noAnswer],
  ["broken-json", { kind: "broken-json" }, noAnswer],
  ["timeout", { kind: "delay", milliseconds: 9_000 }, noAnswer],
  ["timeout-processed", { kind: "delay", milliseconds: 9_000, processed: true }, noAnswer],
  ["no-refresh-token", { kind: "no-refresh-token" }, noAnswer],
  ["page-401", { kind: "answer", status: 401, headers: { "content-type": "text/html" }, body: html }, noAnswer],
  ["wrong-client", { kind: "wrong-client" }, notAccepted],
] as const;

describe.concurrent("a code exchange that gets no tokens", { timeout: 120_000 }, () => {
  it.for(breakdowns)(
    "stores nothing, and the link can be opened again: %s",
    async ([account, fault, told], { expect }) => {
      const { authorization_url } = await client.ticket(account);
      await client.sandbox.aim(account, [{ ...fault, endpoint: "token", redeems: "code" }]);
      const person = browser();
      const page = await authorize(person, authorization_url, { account });
      expect(page.status).toBe(200);
      expect(page.body).toContain(told);
      expect((await client.call("GET", `/v1/connections/rd-station/${account}`)).status).toBe(404);
      expect(await client.published(account)).toBeUndefined();
      expect(await client.events(account)).toEqual([]);
      const exchanges = await client.sandbox.log({ account, endpoint: "token" });
      expect(exchanges.length).toBe(1);

      await client.sandbox.aim(account, []);
      expect((await authorize(person, authorization_url, { account })).body).toContain(connected);
      // What was issued and lost on the way is a grant that nobody holds.
      const lost = exchanges.filter(({ outcome }) => outcome === "code-exchanged").length;
      const standing = await client.standing(account);
      expect(standing).toMatchObject({ ...healthy, liveGrants: standing.liveGrants, generation: 1 });
      expect(standing.liveGrants).toBeGreaterThanOrEqual(1 + lost);
      expect((await client.refresh(account)).status).toBe(200);
    },
  );
});

/** What may be odd about a first token set. */
const oddities = [
  ["no-expires-in", { kind: "no-expires-in" }],
  ["expires-in-text", { kind: "expires-in", value: "600" }],
  ["clock-off", { kind: "date-offset", seconds: -86_400 }],
  ["slow", { kind: "delay", milliseconds: 1_500 }],
] as const;

describe.concurrent("a code exchange that gets odd tokens", { timeout: 120_000 }, () => {
  it.for(oddities)("connects: %s", async ([account, fault], { expect }) => {
    await client.sandbox.aim(account, [{ ...fault, endpoint: "token", redeems: "code" }]);
    const { expires_at, created_at } = await client.connect(account);
    expect(Date.parse(expires_at ?? "") - Date.parse(created_at)).toBeGreaterThan(500_000);
    expect(await client.standing(account)).toMatchObject(healthy);
  });

  it.for([
    ["no-life", 0],
    ["no-number", "soon"],
  ] as const)(
    "keeps the refresh token where the access token cannot be used: %s",
    async ([account, value], { expect }) => {
      await client.sandbox.aim(account, [{ kind: "expires-in", value, endpoint: "token", redeems: "code" }]);
      const { authorization_url } = await client.ticket(account);
      await authorize(browser(), authorization_url, { account });
      expect((await client.published(account))?.access_token).not.toBe("");
      expect((await client.accessToken(account)).body.access_token).not.toBe("");
      await client.sandbox.aim(account, []);
      await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
    },
  );
});

/** What the question for the account's name may get. */
const silences = [
  ["label-slow", { kind: "delay", milliseconds: 6_000 }],
  ["label-error", { kind: "server-error", status: 500 }],
  ["label-error-page", { kind: "server-error", status: 502 }],
  ["label-reset", { kind: "reset" }],
  ["label-cut", { kind: "cut" }],
  ["label-broken", { kind: "broken-json" }],
  ["label-page", { kind: "html" }],
  ["label-empty", { kind: "empty-object" }],
  ["label-refused", { kind: "unauthorized" }],
  ["label-limited", { kind: "rate-limit", retry_after: 3_000 }],
  ["label-redirect", { kind: "redirect", status: 307 }],
] as const;

describe.concurrent("an account whose name cannot be learned", { timeout: 120_000 }, () => {
  it.for(silences)(
    "is connected without a label, and gets it with the next authorization: %s",
    async ([account, fault], { expect }) => {
      await client.sandbox.aim(account, [{ ...fault, endpoint: "account_info" }]);
      expect(await client.connect(account)).toMatchObject({ status: "active", label: null });
      expect(await client.standing(account)).toMatchObject(healthy);
      await client.sandbox.aim(account, []);
      expect((await client.refresh(account)).status).toBe(200);
      expect(await client.connect(account)).toMatchObject({ status: "active", label: account });
    },
  );
});

describe("an authorization", { timeout: 120_000 }, () => {
  it("stores nothing where the code is too old", async () => {
    await client.sandbox.settings({ code_seconds: 1 });
    const { authorization_url } = await client.ticket("old-code");
    const person = browser();
    const { callbackUrl } = await decide(person, authorization_url, { account: "old-code" });
    await wait(1_500);
    const page = await person.open(callbackUrl);
    await client.sandbox.settings({ code_seconds: 3_600 });
    expect(page.body).toContain(notAccepted);
    expect((await client.call("GET", "/v1/connections/rd-station/old-code")).status).toBe(404);
    expect((await authorize(person, authorization_url, { account: "old-code" })).body).toContain(connected);
  });

  it("stores nothing where somebody else has redeemed the code", async () => {
    const { authorization_url } = await client.ticket("used-code");
    const person = browser();
    const { callbackUrl } = await decide(person, authorization_url, { account: "used-code" });
    const code = new URL(callbackUrl).searchParams.get("code");
    const credentials = { client_id: sandboxClient.clientId, client_secret: sandboxClient.clientSecret };
    const body = new URLSearchParams({ ...credentials, code: code ?? "" });
    const redeemed = await fetch(`${stack.sandboxUrl}/rd-station/auth/token`, { method: "POST", body });
    expect(redeemed.status).toBe(200);
    expect((await person.open(callbackUrl)).body).toContain(notAccepted);
    expect((await client.call("GET", "/v1/connections/rd-station/used-code")).status).toBe(404);
    expect((await authorize(person, authorization_url, { account: "used-code" })).body).toContain(connected);
  });

  it("stores nothing where our client secret is wrong, and leaves what is connected alone", async () => {
    const before = await client.connect("wrong-secret");
    await client.sandbox.client({ client_secret: "another" });
    const { authorization_url } = await client.ticket("wrong-secret");
    const person = browser();
    const page = await authorize(person, authorization_url, { account: "wrong-secret" });
    await client.sandbox.client({ client_secret: sandboxClient.clientSecret });
    expect(page.body).toContain(notAccepted);
    expect(await client.metadata("wrong-secret")).toEqual(before);
    expect(await client.standing("wrong-secret")).toMatchObject(healthy);
  });

  it("that breaks down leaves the connection that is there alone", async () => {
    const before = await client.connect("there");
    await client.sandbox.aim("there", [{ kind: "reset", processed: true, endpoint: "token", redeems: "code" }]);
    const page = await authorize(browser(), (await client.ticket("there")).authorization_url, { account: "there" });
    await client.sandbox.aim("there", []);
    expect(page.body).toContain(noAnswer);
    expect(await client.metadata("there")).toEqual(before);
    expect((await client.refresh("there")).status).toBe(200);
  });

  it.each(["page", "redirect"])("that a person declines changes nothing: %s", async (decline) => {
    const account = `declined-${decline}`;
    await client.sandbox.settings({ decline });
    const person = browser();
    const { authorization_url } = await client.ticket(account);
    const { callbackUrl } = await decide(person, authorization_url, { account, decision: "decline" });
    if (decline === "redirect") expect((await person.open(callbackUrl)).body).toContain("Autorização recusada");
    else expect(callbackUrl).toBe("");
    await client.sandbox.settings({ decline: "page" });
    expect((await client.call("GET", `/v1/connections/rd-station/${account}`)).status).toBe(404);
    expect((await authorize(person, authorization_url, { account })).body).toContain(connected);
  });

  it.each(["separate", "same-grant", "replaces"])(
    "of the same account again goes on where the old one ends: %s",
    async (reauthorization) => {
      const account = `again-${reauthorization}`;
      await client.sandbox.settings({ reauthorization });
      const before = await client.connect(account);
      const after = await client.connect(account);
      await client.sandbox.settings({ reauthorization: "separate" });
      expect(after).toMatchObject({
        status: "active",
        generation: before.generation + 1,
        created_at: before.created_at,
      });
      const liveGrants = reauthorization === "separate" ? 2 : 1;
      expect(await client.standing(account)).toMatchObject({ ...healthy, liveGrants });
      expect((await client.refresh(account)).status).toBe(200);
    },
  );

  it("gets no further than the provider where our callback is not registered there", async () => {
    await client.sandbox.settings({ propagation_seconds: 0 });
    const callback = `${stack.brokerUrl}/auth/rd-station/callback`;
    await client.sandbox.client({ redirect_uris: [`${callback}/`] });
    const { authorization_url } = await client.ticket("unregistered");
    const person = browser();
    expect((await person.open(authorization_url)).status).toBe(401);
    await client.sandbox.client({ redirect_uris: [callback] });
    expect((await authorize(person, authorization_url, { account: "unregistered" })).body).toContain(connected);
  });

  it("survives a dialog that fails at first", async () => {
    const { authorization_url } = await client.ticket("dialog");
    await client.sandbox.faults([{ kind: "server-error", status: 503, endpoint: "dialog", times: 1 }]);
    const person = browser();
    expect((await person.open(authorization_url)).status).toBe(503);
    expect((await authorize(person, authorization_url, { account: "dialog" })).body).toContain(connected);
    expect(await client.standing("dialog")).toMatchObject(healthy);
  });
});

it("follows no redirect with a code in it, and redeems no refresh token twice at a time", async () => {
  const { requests, redemptions } = await client.sandbox.counters();
  expect(requests["redirected"]).toBeUndefined();
  expect(redemptions).toMatchObject({ overlapping: 0, maximum_overlap: 1 });
});
