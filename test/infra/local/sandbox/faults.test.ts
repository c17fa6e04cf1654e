import { describe, expect, test } from "vitest";
import { startSandbox } from "../../../../infra/local/sandbox/start-sandbox.ts";
import {
  client,
  type Reply,
  type RunningSandbox,
  runSandbox,
  sandboxOptions,
  type Tokens,
  talkTo,
} from "./running-sandbox.ts";

const networkError = expect.objectContaining({ name: "TypeError", message: "fetch failed" });
const page = "<html><body>HTML error response</body></html>";
const unavailable = {
  errors: { error_type: "SERVICE_UNAVAILABLE", error_message: "Service temporarily unavailable" },
};

async function connected(...faults: readonly object[]): Promise<RunningSandbox & Tokens> {
  const sandbox = await runSandbox();
  const tokens = await sandbox.connect();
  expect((await sandbox.faults(...faults)).status).toBe(200);
  return { ...sandbox, ...tokens };
}

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const memberNames = (reply: Reply) => Object.keys(reply.json);

describe("an answer of the token endpoint", () => {
  test.each([
    [{ status: 500 }, 500, JSON.stringify(unavailable), "application/json"],
    [{}, 500, JSON.stringify(unavailable), "application/json"],
    [{ status: 502 }, 502, page, "text/html; charset=utf-8"],
    [{ status: 503 }, 503, page, "text/html; charset=utf-8"],
    [{ status: 504 }, 504, page, "text/html; charset=utf-8"],
    [{ status: 503, format: "json" }, 503, JSON.stringify(unavailable), "application/json"],
    [{ status: 500, format: "html" }, 500, page, "text/html; charset=utf-8"],
  ])("server-error %o", async (fault, status, body, type) => {
    const sandbox = await connected({ kind: "server-error", ...fault });
    const reply = await sandbox.refresh(sandbox.refresh_token);
    expect([reply.status, reply.text, reply.headers.get("content-type")]).toEqual([status, body, type]);
  });

  test("server-error with Retry-After", async () => {
    const sandbox = await connected({ kind: "server-error", status: 503, retry_after: 7 });
    expect((await sandbox.refresh(sandbox.refresh_token)).headers.get("retry-after")).toBe("7");
  });

  test.each([
    [{}, { message: "API rate limit exceeded" }],
    [{ body: "gateway" }, { message: "API rate limit exceeded" }],
    [
      { body: "application", retry_after: 43 },
      {
        error: "'lead_limiter' rate limit exceeded for 86400 second(s) period for key 'lead@example.org'",
        max: 24,
        usage: 25,
        remaining_time: 43,
      },
    ],
    [
      { body: "envelope" },
      { errors: { error_type: "RATE_LIMIT_EXCEDDED", error_message: "API usage limit exceeded" } },
    ],
  ])("rate-limit %o", async (fault, body) => {
    const sandbox = await connected({ kind: "rate-limit", ...fault });
    const reply = await sandbox.refresh(sandbox.refresh_token);
    expect([reply.status, reply.json]).toEqual([429, body]);
  });

  test.each([
    ["standard", "", "12"],
    ["quotas", "-quotas", "12"],
    ["none", "", null],
  ])("rate-limit with %s header names", async (headers, suffix, seconds) => {
    const sandbox = await connected({ kind: "rate-limit", headers, retry_after: 12 });
    const reply = await sandbox.refresh(sandbox.refresh_token);
    expect(reply.headers.get(`retry-after${suffix}`)).toBe(seconds);
    expect(reply.headers.get(`ratelimit-reset${suffix}`)).toBe(seconds);
    expect(reply.headers.get(`ratelimit-limit${suffix}`)).toBe(seconds && "120");
    expect(reply.headers.get(`ratelimit-remaining${suffix}`)).toBe(seconds && "0");
  });

  test("html: 200 with a page", async () => {
    const sandbox = await connected({ kind: "html" });
    const reply = await sandbox.refresh(sandbox.refresh_token);
    expect([reply.status, reply.text]).toEqual([200, page]);
  });

  test("empty-object: 200 {}", async () => {
    const sandbox = await connected({ kind: "empty-object" });
    const reply = await sandbox.refresh(sandbox.refresh_token);
    expect([reply.status, reply.json]).toEqual([200, {}]);
  });

  test("no-refresh-token leaves it out, and does not rotate that time", async () => {
    const sandbox = await connected({ kind: "no-refresh-token", times: 1 });
    await sandbox.put("/settings", { rotation: "new-old-dies" });
    expect(memberNames(await sandbox.refresh(sandbox.refresh_token))).toEqual(["access_token", "expires_in"]);
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(200);
  });

  test("no-expires-in leaves it out", async () => {
    const sandbox = await connected({ kind: "no-expires-in" });
    expect(memberNames(await sandbox.refresh(sandbox.refresh_token))).toEqual(["access_token", "refresh_token"]);
  });

  test.each(["86400", 0, -5])("expires-in %j", async (value) => {
    const sandbox = await connected({ kind: "expires-in", value });
    expect((await sandbox.renew(sandbox.refresh_token)).expires_in).toBe(value);
  });

  test("no-refresh-token and no-expires-in at once", async () => {
    const sandbox = await connected({ kind: "no-refresh-token" }, { kind: "no-expires-in" });
    expect(memberNames(await sandbox.refresh(sandbox.refresh_token))).toEqual(["access_token"]);
  });

  test("edits leave a refusal as it is", async () => {
    const sandbox = await connected({ kind: "no-expires-in" });
    expect((await sandbox.refresh("unknown")).json["errors"]["error_type"]).toBe("INVALID_REFRESH_TOKEN");
  });

  test("broken-json: half the body, well framed", async () => {
    const sandbox = await connected({ kind: "broken-json" });
    const reply = await sandbox.refresh(sandbox.refresh_token);
    expect([reply.status, reply.json]).toEqual([200, undefined]);
    expect(reply.text).toMatch(/^\{"access_token":"/);
  });

  test("cut: the connection closes in the middle of the body, after the rotation", async () => {
    const sandbox = await connected({ kind: "cut", times: 1 });
    await sandbox.put("/settings", { rotation: "new-old-dies" });
    expect(await errorOf(sandbox.refresh(sandbox.refresh_token))).toBeInstanceOf(TypeError);
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(401);
  });

  test("wrong-client: our credentials count as wrong", async () => {
    const sandbox = await connected({ kind: "wrong-client", times: 1 });
    const reply = await sandbox.refresh(sandbox.refresh_token);
    expect([reply.status, reply.json["errors"]["error_type"]]).toEqual([401, "ACCESS_DENIED"]);
  });

  test("invalid-refresh-token: says so of a good one, and says nothing about codes", async () => {
    const sandbox = await connected({ kind: "invalid-refresh-token" });
    const reply = await sandbox.refresh(sandbox.refresh_token);
    expect([reply.status, reply.json["errors"]["error_type"]]).toEqual([401, "INVALID_REFRESH_TOKEN"]);
    expect((await sandbox.exchange(await sandbox.approve())).status).toBe(200);
  });

  test("answer: anything at all", async () => {
    const sandbox = await connected({ kind: "answer", status: 418, headers: { "X-Odd": "1" }, body: '"msg"' });
    const reply = await sandbox.refresh(sandbox.refresh_token);
    expect([reply.status, reply.text, reply.headers.get("x-odd")]).toEqual([418, '"msg"', "1"]);
  });

  test("date-offset: the Date header is minutes off", async () => {
    const sandbox = await connected({ kind: "date-offset", seconds: -600 });
    const reply = await sandbox.refresh(sandbox.refresh_token);
    const offset = Date.parse(reply.headers.get("date") ?? "") - Date.now();
    expect(reply.status).toBe(200);
    expect(Math.abs(offset + 600_000)).toBeLessThan(5000);
  });
});

describe("the connection", () => {
  test("reset before the answer: nothing took effect", async () => {
    const sandbox = await connected({ kind: "reset", times: 1 });
    await sandbox.put("/settings", { rotation: "new-old-dies" });
    expect(await errorOf(sandbox.refresh(sandbox.refresh_token))).toEqual(networkError);
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(200);
  });

  test("reset after the rotation: the refresh token is spent and its successor lost", async () => {
    const sandbox = await connected({ kind: "reset", processed: true, times: 1 });
    await sandbox.put("/settings", { rotation: "new-old-dies" });
    expect(await errorOf(sandbox.refresh(sandbox.refresh_token))).toEqual(networkError);
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(401);
    const { entries } = (await sandbox.get("/log?endpoint=token")) as unknown as { entries: readonly object[] };
    expect(entries[1]).toMatchObject({ status: null, outcome: "refreshed", faults: ["fault-1"], client_gone: false });
  });

  test.each([
    [false, null],
    [true, "refreshed"],
  ])("a delay with processed %s comes before or after the effect", async (processed, outcome) => {
    const sandbox = await connected({ kind: "delay", milliseconds: 600, processed, times: 1 });
    const answer = sandbox.refresh(sandbox.refresh_token);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const { entries } = (await sandbox.get("/log?last=1")) as unknown as { entries: readonly object[] };
    expect(entries).toEqual([expect.objectContaining({ outcome, ended_at: null })]);
    expect((await answer).status).toBe(200);
  });

  test("a delayed request takes effect although its client has given up", async () => {
    const sandbox = await connected({ kind: "delay", milliseconds: 400, times: 1 });
    await sandbox.put("/settings", { rotation: "new-old-dies" });
    const { clientId: client_id, clientSecret: client_secret } = client;
    const body = new URLSearchParams({ client_id, client_secret, refresh_token: sandbox.refresh_token });
    const request = sandbox.send("/auth/token", { method: "POST", body, signal: AbortSignal.timeout(100) });
    expect(await errorOf(request)).toMatchObject({ name: "TimeoutError" });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(401);
  });

  test("other faults combine with a delay", async () => {
    const sandbox = await connected({ kind: "delay", milliseconds: 200 }, { kind: "server-error", status: 503 });
    const began = performance.now();
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(503);
    expect(performance.now() - began).toBeGreaterThan(190);
  });

  test.each([302, 307])("a redirect with %i is seen to be followed, with the body or without", async (status) => {
    const sandbox = await connected({ kind: "redirect", status, times: 2 });
    const reply = await sandbox.refresh(sandbox.refresh_token);
    expect([reply.status, reply.headers.get("location")]).toEqual([status, "/rd-station/redirected"]);
    expect((await sandbox.get("/counters"))["requests"]["redirected"]).toBeUndefined();
    await fetch(`${sandbox.base}/auth/token`, { method: "POST", body: "client_secret=x" });
    const outcome = status === 302 ? "followed" : "followed-with-body";
    expect((await sandbox.get("/counters"))["requests"]["redirected"]["outcomes"]).toEqual({ [outcome]: 1 });
  });
});

describe("a fault elsewhere", () => {
  test.each([
    [{ kind: "server-error" }, 500],
    [{ kind: "unauthorized" }, 401],
  ])("the revocation endpoint: %o, and nothing is revoked", async (fault, status) => {
    const sandbox = await connected({ ...fault, endpoint: "revoke" });
    expect((await sandbox.revoke(sandbox.access_token, `token=${sandbox.refresh_token}`)).status).toBe(status);
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(200);
  });

  test("the revocation endpoint resets the connection, having revoked or not", async () => {
    const sandbox = await connected({ kind: "reset", endpoint: "revoke", times: 1 });
    const revoke = () => errorOf(sandbox.revoke(sandbox.access_token, `token=${sandbox.refresh_token}`));
    expect(await revoke()).toEqual(networkError);
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(200);
    await sandbox.faults({ kind: "reset", endpoint: "revoke", processed: true });
    expect(await revoke()).toEqual(networkError);
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(401);
  });

  test("account_info fails or is slow while the token endpoint works", async () => {
    const sandbox = await connected({ kind: "server-error", endpoint: "account_info" });
    expect((await sandbox.accountInfo(sandbox.access_token)).status).toBe(500);
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(200);
    await sandbox.faults({ kind: "delay", milliseconds: 200, endpoint: "account_info" });
    const began = performance.now();
    expect((await sandbox.accountInfo(sandbox.access_token)).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(190);
  });

  test("a resource refuses a good access token, or is over its limit", async () => {
    const sandbox = await connected({ kind: "unauthorized", endpoint: "contacts" });
    const headers = { authorization: `Bearer ${sandbox.access_token}` };
    const contact = () => sandbox.send("/platform/contacts/email:ana@example.com", { headers });
    expect((await contact()).json["error"]).toBe("invalid_token");
    await sandbox.faults({ kind: "rate-limit", endpoint: "contacts", body: "application" });
    expect((await contact()).status).toBe(429);
  });

  test("the dialog is down", async () => {
    const sandbox = await connected({ kind: "server-error", status: 503, endpoint: "dialog" });
    expect((await sandbox.send("/auth/dialog")).status).toBe(503);
  });
});

describe("whom a fault hits", () => {
  test("the next N requests", async () => {
    const sandbox = await connected({ kind: "server-error", times: 2, id: "two" });
    const statuses = [];
    for (let turn = 0; turn < 4; turn++) statuses.push((await sandbox.refresh(sandbox.refresh_token)).status);
    expect(statuses).toEqual([500, 500, 200, 200]);
    expect((await sandbox.get("/faults"))["faults"]).toEqual([
      { kind: "server-error", times: 2, id: "two", hits: 2, left: 0 },
    ]);
  });

  test("with a probability that a seed repeats", async () => {
    const runs = [];
    for (const seed of [7, 7, 8]) {
      const sandbox = await connected({ kind: "server-error", probability: 0.5, seed });
      const statuses = [];
      for (let turn = 0; turn < 24; turn++) statuses.push((await sandbox.refresh(sandbox.refresh_token)).status);
      runs.push(statuses.join());
    }
    expect(runs[0]).toMatch(/500/);
    expect(runs[0]).toMatch(/200/);
    expect(runs[1]).toBe(runs[0]);
    expect(runs[2]).not.toBe(runs[0]);
  });

  test("until it is cleared", async () => {
    const sandbox = await connected({ kind: "server-error" });
    for (let turn = 0; turn < 3; turn++) expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(500);
    await sandbox.faults();
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(200);
  });

  test("one account, one grant, or one sort of redemption", async () => {
    const sandbox = await connected({ kind: "server-error", account: "Loja do Zé" });
    const other = await sandbox.connect("Padaria Estrela");
    expect((await sandbox.exchange(await sandbox.approve("Loja do Zé"))).status).toBe(500);
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(200);
    const { grants } = (await sandbox.get("/grants?account=Padaria%20Estrela")) as unknown as {
      grants: { id: string }[];
    };
    await sandbox.faults({ kind: "server-error", grant: grants[0]?.id });
    expect((await sandbox.refresh(other.refresh_token)).status).toBe(500);
    expect((await sandbox.accountInfo(other.access_token)).status).toBe(500);
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(200);
    await sandbox.faults({ kind: "server-error", redeems: "refresh_token" });
    expect((await sandbox.exchange(await sandbox.approve())).status).toBe(200);
    expect((await sandbox.refresh(other.refresh_token)).status).toBe(500);
  });

  test("the first of the list that matches, and the next when that one is spent", async () => {
    const sandbox = await connected({ kind: "server-error", status: 502, times: 1 }, { kind: "rate-limit", times: 1 });
    const statuses = [];
    for (let turn = 0; turn < 3; turn++) statuses.push((await sandbox.refresh(sandbox.refresh_token)).status);
    expect(statuses).toEqual([502, 429, 200]);
  });

  test("an error after the effect, where processed is set", async () => {
    const sandbox = await connected({ kind: "server-error", processed: true, times: 1 });
    await sandbox.put("/settings", { rotation: "new-old-dies" });
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(500);
    expect((await sandbox.refresh(sandbox.refresh_token)).status).toBe(401);
  });
});

test("a closing sandbox does not wait for delayed answers", async () => {
  const running = await startSandbox(sandboxOptions);
  const sandbox = talkTo(running.url);
  const { refresh_token } = await sandbox.connect();
  await sandbox.faults({ kind: "delay", milliseconds: 60_000 });
  const cutOff = errorOf(sandbox.refresh(refresh_token));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await running.close();
  expect(await cutOff).toEqual(networkError);
});
