import { describe, expect, test } from "vitest";
import { providerAt, type Reply, runSandbox, settableClock, type Tokens } from "./running-sandbox.ts";

const quarter = 900;
const required = { msg: "Valid authentication token required" };
const users = { total: 1, users: [{ id: "Aoyc5feKgmFGhgESFupoL", name: "João da Silva" }] };
const json = { "content-type": "application/json" };

async function runItflex(now?: () => number) {
  const sandbox = await runSandbox({ tokenSeconds: quarter, ...(now === undefined ? {} : { now }) });
  const itflex = providerAt(sandbox.url, "itflex");
  const post = (path: string, body: unknown, headers: Record<string, string> = json) =>
    itflex.send(path, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
  const redeem = (refresh_token: string, host = "") =>
    post(`${host}/api/v1/oauth2/token`, { grant_type: "refresh_token", refresh_token });
  const as = (accessToken: string) => ({ headers: { authorization: `Bearer ${accessToken}` } });
  return {
    ...itflex,
    post,
    redeem,
    as,
    renew: async (key: string) => (await redeem(key)).json as unknown as Tokens,
    users: (accessToken: string, host = "") => itflex.send(`${host}/api/v1/users`, as(accessToken)),
    withCookies: (cookie: string) => itflex.send("/api/v1/users", { headers: { cookie } }),
  };
}

const expectRefusal = (reply: Reply) => expect([reply.status, reply.json]).toEqual([401, required]);

describe("a key", () => {
  test("is redeemed for an access token, comes back unchanged, and both come as cookies too", async () => {
    const itflex = await runItflex();
    const key = await itflex.refreshToken("acme");
    expect(key.split(".")).toHaveLength(3);
    const reply = await itflex.redeem(key);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toBe("application/json");
    const { access_token } = reply.json;
    expect(reply.json).toEqual({ refresh_token: key, access_token: expect.any(String), expires_in: quarter });
    expect(reply.headers.getSetCookie()).toEqual([
      `refresh-token=${key}; Path=/; HttpOnly; Secure; Max-Age=2592000`,
      `access-token=${access_token}; Path=/; HttpOnly; Secure; Max-Age=15`,
    ]);
    expect((await itflex.users(access_token)).json).toEqual(users);
  });

  test("has several access tokens, each valid until its own end", async () => {
    const clock = settableClock();
    const itflex = await runItflex(clock.now);
    const key = await itflex.refreshToken("acme");
    const [first, second] = await Promise.all([itflex.renew(key), itflex.renew(key)]);
    clock.forward(quarter - 1);
    const third = await itflex.renew(key);
    for (const { access_token } of [first, second, third]) expect((await itflex.users(access_token)).status).toBe(200);
    clock.forward(1);
    for (const { access_token } of [first, second]) expectRefusal(await itflex.users(access_token));
    expect((await itflex.users(third.access_token)).status).toBe(200);
  });

  test("belongs to one customer, whose host is a path; the provider's own answers for all", async () => {
    const itflex = await runItflex();
    const made = (await itflex.put("/refresh-tokens", { account: "acme" })).json;
    const port = new URL(itflex.url).port;
    expect(made["origin"]).toBe(`http://127.0.0.1:${port}/itflex/acme`);
    const key = made["refresh_token"];
    const here = await itflex.redeem(key, "/acme");
    expect([here.status, (await itflex.redeem(key)).status]).toEqual([200, 200]);
    expectRefusal(await itflex.redeem(key, "/globex"));
    expectRefusal(await itflex.users(here.json["access_token"], "/globex"));
    expect((await itflex.users(here.json["access_token"], "/acme")).status).toBe(200);
  });

  test.each([
    [{}, 401, required],
    [{ dead_status: 400 }, 400, required],
    [{ dead_status: 403 }, 403, required],
    [{ dead_error: "invalid_grant", dead_status: 400 }, 400, { error: "invalid_grant" }],
  ])("that is unknown or deleted is refused: %o", async (settings, status, body) => {
    const itflex = await runItflex();
    await itflex.put("/settings", settings);
    const key = await itflex.refreshToken("acme");
    await itflex.put("/grants", { account: "acme", alive: false });
    for (const reply of [await itflex.redeem(key), await itflex.redeem("unknown")]) {
      expect([reply.status, reply.json]).toEqual([status, body]);
    }
  });
});

describe("the token endpoint", () => {
  test.each([
    ["both", 200, 200],
    ["v1", 200, 404],
    ["unversioned", 404, 200],
  ])("has the paths of %s", async (token_path, versioned, unversioned) => {
    const itflex = await runItflex();
    await itflex.put("/settings", { token_path });
    const body = { grant_type: "refresh_token", refresh_token: await itflex.refreshToken("acme") };
    expect((await itflex.post("/api/v1/oauth2/token", body)).status).toBe(versioned);
    expect((await itflex.post("/acme/api/oauth2/token", body)).status).toBe(unversioned);
  });

  test("refuses what is not its JSON", async () => {
    const itflex = await runItflex();
    const refresh_token = await itflex.refreshToken("acme");
    const form = { "content-type": "application/x-www-form-urlencoded" };
    for (const reply of [
      await itflex.post("/api/v1/oauth2/token", "{"),
      await itflex.post("/api/v1/oauth2/token", `grant_type=refresh_token&refresh_token=${refresh_token}`, form),
      await itflex.post("/api/v1/oauth2/token", { refresh_token }),
      await itflex.post("/api/v1/oauth2/token", { grant_type: "authorization_code", refresh_token }),
      await itflex.post("/api/v1/oauth2/token", { grant_type: "password", username: "user", password: "user123" }),
      await itflex.post("/api/v1/oauth2/token", { grant_type: "refresh_token" }),
    ]) {
      expect([reply.status, Object.keys(reply.json)]).toEqual([400, ["msg"]]);
    }
  });
});

describe("users", () => {
  test("refuse a Bearer that is missing, garbage or a key", async () => {
    const itflex = await runItflex();
    const key = await itflex.refreshToken("acme");
    const { access_token } = await itflex.renew(key);
    expectRefusal(await itflex.send("/api/v1/users"));
    for (const token of [key, `${access_token}x`, "garbage"]) expectRefusal(await itflex.users(token));
  });

  test("are served for a good access cookie without another one", async () => {
    const itflex = await runItflex();
    const { access_token, refresh_token } = await itflex.renew(await itflex.refreshToken("acme"));
    const reply = await itflex.withCookies(`access-token=${access_token}; refresh-token=${refresh_token}`);
    expect([reply.status, reply.json, reply.headers.getSetCookie()]).toEqual([200, users, []]);
  });

  test("are served for the refresh cookie alone, or beside an expired one, with a new access cookie", async () => {
    const clock = settableClock();
    const itflex = await runItflex(clock.now);
    const key = await itflex.refreshToken("acme");
    const { access_token } = await itflex.renew(key);
    clock.forward(quarter);
    for (const cookie of [`refresh-token=${key}`, `access-token=${access_token}; refresh-token=${key}`]) {
      const reply = await itflex.withCookies(cookie);
      expect([reply.status, reply.json]).toEqual([200, users]);
      const [fresh = "", ...more] = reply.headers.getSetCookie();
      const [, value = ""] = /^access-token=([^;]+); Path=\/; HttpOnly; Secure; Max-Age=15$/.exec(fresh) ?? [];
      expect([(await itflex.users(value)).status, more]).toEqual([200, []]);
    }
  });

  test("are refused for the cookie of a deleted key", async () => {
    const itflex = await runItflex();
    const key = await itflex.refreshToken("acme");
    await itflex.put("/grants", { account: "acme", alive: false });
    expectRefusal(await itflex.withCookies(`refresh-token=${key}`));
    expectRefusal(await itflex.withCookies("refresh-token=unknown"));
  });
});

describe("the management of keys", () => {
  test("lists a customer's keys with the keys themselves, and deletes one", async () => {
    const itflex = await runItflex();
    const keys = [await itflex.refreshToken("acme"), await itflex.refreshToken("acme")] as const;
    await itflex.refreshToken("globex");
    const { access_token } = await itflex.renew(keys[1]);
    const list = await itflex.send("/api/3rdparty/apikeys", itflex.as(access_token));
    expect(list.json["cursor"]).toEqual({ current: 0, next: null, previous: null });
    expect(list.json["apikeys"]).toMatchObject([
      { id: 1, name: "apikey 1", superuser: true, roles: [], token: keys[0] },
      { id: 2, token: keys[1] },
    ]);
    const gone = await itflex.send("/api/3rdparty/apikeys/1", { method: "DELETE", ...itflex.as(access_token) });
    expect(gone.status).toBe(200);
    expectRefusal(await itflex.redeem(keys[0]));
    expect((await itflex.redeem(keys[1])).status).toBe(200);
    const again = await itflex.send("/api/3rdparty/apikeys/1", { method: "DELETE", ...itflex.as(access_token) });
    expect(again.status).toBe(404);
    expectRefusal(await itflex.send("/api/3rdparty/apikeys"));
  });

  test.each([
    ["lives", 200],
    ["dies", 401],
  ])("access tokens of a deleted key: access_after_deletion %s", async (access_after_deletion, status) => {
    const itflex = await runItflex();
    await itflex.put("/settings", { access_after_deletion });
    const { access_token } = await itflex.renew(await itflex.refreshToken("acme"));
    await itflex.put("/grants", { account: "acme", alive: false });
    expect((await itflex.users(access_token)).status).toBe(status);
  });
});

describe("the switches of every provider", () => {
  test("work here too, aimed at one customer", async () => {
    const itflex = await runItflex();
    const [acme, globex] = [await itflex.refreshToken("acme"), await itflex.refreshToken("globex")];
    await itflex.faults({ kind: "server-error", status: 500, account: "acme" });
    expect((await itflex.redeem(acme)).json).toEqual({ msg: "Internal server error" });
    expect((await itflex.redeem(globex)).status).toBe(200);
    expect((await itflex.redeem("unknown", "/acme")).status).toBe(500);
    await itflex.faults({ kind: "invalid-refresh-token" });
    expectRefusal(await itflex.redeem(acme));
    await itflex.faults({ kind: "unauthorized", endpoint: "users" });
    expectRefusal(await itflex.users((await itflex.renew(acme)).access_token));
    await itflex.faults({ kind: "rate-limit", retry_after: 3 });
    expect((await itflex.redeem(acme)).headers.get("retry-after")).toBe("3");
    expect((await itflex.faults({ kind: "wrong-client" })).json["error"]).toBe(
      'Member "faults.0.kind": "wrong-client" means nothing here.',
    );
  });

  test("a key that rotates after all is replaced, and listed as it is now", async () => {
    const itflex = await runItflex();
    await itflex.put("/settings", { rotation: "new-old-dies" });
    const first = await itflex.refreshToken("acme");
    const { refresh_token: second, access_token } = await itflex.renew(first);
    expect(second).not.toBe(first);
    expectRefusal(await itflex.redeem(first));
    const list = await itflex.send("/api/3rdparty/apikeys", itflex.as(access_token));
    expect(list.json["apikeys"]).toMatchObject([{ token: second }]);
  });

  test("no control answer shows a key, a token or a cookie", async () => {
    const itflex = await runItflex();
    const key = await itflex.refreshToken("acme");
    const { access_token } = await itflex.renew(key);
    await itflex.users(access_token);
    const fresh = (await itflex.withCookies(`refresh-token=${key}`)).headers.getSetCookie()[0] ?? "";
    const paths = ["/log", "/counters", "/grants", "/settings", "/faults"];
    const shown = (await Promise.all(paths.map((path) => itflex.control("GET", path)))).map(({ text }) => text).join();
    for (const secret of [key, access_token, fresh.split(/[=;]/)[1] ?? key]) expect(shown).not.toContain(secret);
    expect(shown).toContain('"outcome":"served-by-refresh-cookie"');
  });
});
