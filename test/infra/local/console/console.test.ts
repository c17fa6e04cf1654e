import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { knownProviders } from "../../../../cli/known-providers.ts";
import { createConsole } from "../../../../infra/local/console/console.ts";
import type { ConnectionView, ConsoleState } from "../../../../infra/local/console/state.ts";
import { freePorts } from "../../../support/local-process.ts";
import { type LocalStack, startLocalStack } from "../../../support/local-stack.ts";
import { eventually, rejectedHash, type StackClient, stackClient } from "../../../support/stack-client.ts";

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SWEEP_SECONDS: "3600", SANDBOX_TOKEN_SECONDS: "3600" });
  client = stackClient(stack);
}, 90_000);
afterAll(() => stack?.dispose(), 30_000);
beforeEach(() => client.sandbox.reset(["faults", "settings"]));

/** What arrives on the stream, until `isEnough` of what is known by then. */
async function look(isEnough: (state: Partial<ConsoleState>) => boolean): Promise<Partial<ConsoleState>> {
  const closing = new AbortController();
  const response = await fetch(`${stack.brokerUrl}/console/events`, { signal: closing.signal });
  expect(response.headers.get("cache-control")).toBe("no-store");
  let state: Partial<ConsoleState> = {};
  let text = "";
  try {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const messages = text.split("\n\n");
      text = messages.pop() ?? "";
      for (const message of messages) {
        const [, event = "", data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(message) ?? [];
        state = { ...state, [event]: JSON.parse(data) };
      }
      if (isEnough(state)) return state;
    }
    throw new Error("The stream has ended.");
  } finally {
    closing.abort();
  }
}

function viewOf(state: Partial<ConsoleState>, account: string): ConnectionView | undefined {
  return state.connections?.connections.find((connection) => connection.account === account);
}

describe("looking", () => {
  // The first of all, for no look may have seen the token alive.
  it("refreshes nothing, also where a token has expired before anybody looked", async () => {
    await client.sandbox.settings({ token_seconds: 2 });
    await client.connect("short-lived");
    await eventually(async () => Date.parse((await client.metadata("short-lived")).expires_at ?? "") < Date.now());
    for (const _ of ["first", "second"]) await look((state) => viewOf(state, "short-lived") !== undefined);
    expect(await client.metadata("short-lived")).toMatchObject({ generation: 1, last_refresh: { outcome: null } });
  });
});

describe("the stream", () => {
  it("begins with everything: providers, connections with what may be told of their tokens, and events", async () => {
    await client.connect("seen", "Acme Ltda");
    const { access_token, issued_at } = (await client.accessToken("seen")).body;
    const state = await look((known) => known.events !== undefined);
    expect(viewOf(state, "seen")).toMatchObject({
      label: "Acme Ltda",
      status: "active",
      leftAlone: null,
      token: { generation: 1, issued_at, fingerprint: rejectedHash(access_token) },
      refreshes: [],
    });
    expect(state.providers).toMatchObject([
      { id: "rd-station", hasApprovalPage: true, endedByHand: null },
      { id: "rd-station-crm", hasApprovalPage: true, endedByHand: expect.stringContaining("remove the app") },
      { id: "itflex", hasApprovalPage: false, endedByHand: expect.stringContaining("delete it") },
    ]);
    expect(state.events?.[0]).toMatchObject({ detail_type: "connection.authorized", detail: { account: "seen" } });
  });

  it("tells how refreshes ended, also those that only the events remember", async () => {
    await client.connect("tried");
    await client.sandbox.aim("tried", [{ kind: "server-error", endpoint: "token" }]);
    await client.refresh("tried");
    await client.sandbox.aim("tried", []);
    await client.refresh("tried");
    await client.refresh("tried");
    const state = await look((known) => (viewOf(known, "tried")?.refreshes.length ?? 0) >= 3);
    expect(viewOf(state, "tried")?.refreshes.map(({ outcome, code }) => [outcome, code])).toEqual([
      ["failed", "provider_unavailable"],
      ["succeeded", null],
      ["succeeded", null],
    ]);
  });

  it("tells which connections the broker leaves alone", async () => {
    await client.connect("behind");
    await client.sandbox.faults([{ kind: "server-error", endpoint: "token" }]);
    for (let tries = 0; tries < 5; tries++) await client.refresh("behind");
    await look((state) => viewOf(state, "behind")?.leftAlone === "provider_unavailable");
    await client.sandbox.faults([]);
    await client.refresh("behind");
    await look((state) => viewOf(state, "behind")?.leftAlone === null);
  });

  it("says so where the list cannot be read, and goes on", async () => {
    await look((state) => (state.connections?.connections.length ?? 0) > 0);
    const broken = look((state) => typeof state.connections?.problem === "string");
    await client.aws.faults([
      { service: "dynamodb", operation: "Query", error: "ValidationException", status: 400, times: 20 },
    ]);
    const { connections } = await broken;
    expect(connections?.problem).toMatch(/^GET \/v1\/connections answered 5\d\d\.$/);
    expect(connections?.connections.length).toBeGreaterThan(0);
    await client.aws.faults([]);
    await look((state) => state.connections?.problem === null);
  });

  it.each(["", "0", "-1", "1.5", "all", "10000000"])("is refused for %j connections", async (connections) => {
    const response = await fetch(`${stack.brokerUrl}/console/events?connections=${connections}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ detail: "connections has to be a number from 1 to 9999999." });
  });

  it("costs nothing once nobody looks any more", async () => {
    await look((state) => state.connections !== undefined);
    const asked = async () => JSON.stringify(await client.aws.requests());
    await eventually(async () => {
      const before = await asked();
      await wait(2_500);
      return before === (await asked());
    });
  });
});

async function act(method: string, path: string, body?: unknown): Promise<{ readonly status: number; text: string }> {
  const response = await fetch(`${stack.brokerUrl}/console${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

describe("an action", () => {
  it("reports a token as rejected, and tells the generation of the next one and no more", async () => {
    await client.connect("reported");
    const { access_token } = (await client.accessToken("reported")).body;
    const path = "/connections/rd-station/reported/rejection";
    const first = await act("POST", path, { rejected: rejectedHash(access_token) });
    expect(first).toEqual({ status: 200, text: '{"generation":2}' });
    const next = (await client.accessToken("reported")).body;
    const second = await act("POST", path, { rejected: rejectedHash(next.access_token) });
    expect(second.status).toBe(429);
    expect(JSON.parse(second.text)).toMatchObject({ code: "token_just_issued" });
    for (const body of [{}, { rejected: "x", minimum_seconds: "0" }, { rejected: 1 }])
      expect((await act("POST", path, body)).status).toBe(400);
  });

  it("hands in a refresh token that the sandbox makes", async () => {
    const { status, text } = await act("POST", "/connections/itflex/cliente/hand-in");
    expect(status).toBe(201);
    expect(JSON.parse(text)).toMatchObject({ provider: "itflex", account: "cliente", status: "active" });
    expect((await act("POST", "/connections/itflex/cliente/hand-in")).status).toBe(200);
    expect((await act("POST", "/connections/nobody/cliente/hand-in")).status).toBe(404);
  });

  it("turns the sandbox's switches, and passes on what it says against it", async () => {
    expect((await act("PUT", "/sandbox/rd-station/settings", { token_seconds: 77 })).status).toBe(200);
    expect(await client.sandbox.settings()).toMatchObject({ token_seconds: 77 });
    expect((await act("PUT", "/sandbox/rd-station/faults", { faults: [{ kind: "reset" }] })).status).toBe(200);
    expect(await client.sandbox.faults()).toMatchObject([{ kind: "reset" }]);
    const refused = await act("PUT", "/sandbox/rd-station/settings", { token_seconds: 0 });
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.text).error).toContain("token_seconds");
  });

  it.each([
    ["PUT", "/sandbox/rd-station/reset"],
    ["PUT", "/sandbox/rd-station/refresh-tokens"],
    ["PUT", "/sandbox/rd-station%2Frefresh-tokens%3F/settings"],
    ["GET", "/sandbox/rd-station/settings"],
    ["PUT", "/sandbox/nobody/settings"],
  ])("that is not offered is not there: %s %s", async (method, path) => {
    expect((await act(method, path, method === "GET" ? undefined : { account: "x" })).status).toBe(404);
  });
});

it("offers no switches of a provider that is the real one", async () => {
  const { routes, open, close } = createConsole();
  const [port] = await freePorts(1);
  const sandboxUrl = `http://localhost:${port}`;
  const turn = (provider: string) => routes.request(`/console/sandbox/${provider}/faults`, { method: "PUT" });
  open({ brokerUrl: sandboxUrl, awsUrl: sandboxUrl, sandboxUrl, providers: knownProviders.values() });
  expect((await turn("rd-station")).status).toBe(404);
  expect((await routes.request("/console/connections/rd-station/acme/hand-in", { method: "POST" })).status).toBe(404);
  // Each customer of this one has a host of their own, and the sandbox is one of them: it is asked, and nobody is there.
  expect((await turn("itflex")).status).toBe(500);
  close();
});

describe("the page", () => {
  it("loads, runs, frames and submits nothing but its own", async () => {
    const response = await fetch(stack.brokerUrl);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toMatch(/unsafe|https?:|data:|\*/);
    for (const rule of ["frame-ancestors 'none'", "form-action 'none'", "require-trusted-types-for 'script'"])
      expect(policy).toContain(rule);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc="\/console\/)|\sstyle=|\son\w+=|https?:/);
  });

  it.each(["/console/console.js", "/console/..%2Fconsole.ts", "/console/tsconfig.json", "/console/", "/console/page"])(
    "has no file %s",
    async (path) => {
      expect((await fetch(stack.brokerUrl + path)).status).toBe(404);
    },
  );

  it("is there before everything has started, and its stream says to ask again", async () => {
    const { routes } = createConsole();
    expect((await routes.request("/")).status).toBe(200);
    expect((await routes.request("/console/events")).status).toBe(503);
    expect((await routes.request("/console/sandbox/rd-station/faults", { method: "PUT" })).status).toBe(503);
  });
});
