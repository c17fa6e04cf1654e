import { describe, expect, test } from "vitest";
import {
  crmCallback,
  crmClient,
  providerAt,
  type Reply,
  runSandbox,
  settableClock,
  type Tokens,
} from "./running-sandbox.ts";

const credentials = { client_id: crmClient.clientId, client_secret: crmClient.clientSecret };
const twoHours = 7200;
const fortnight = 1_209_600;

async function runCrm(now?: () => number) {
  const sandbox = await runSandbox({ tokenSeconds: twoHours, ...(now === undefined ? {} : { now }) });
  const crm = providerAt(sandbox.url, "rd-station-crm");
  const token = (members: Record<string, string>, headers: Record<string, string> = {}) =>
    crm.send("/oauth2/token", { method: "POST", headers, body: new URLSearchParams({ ...credentials, ...members }) });
  const approve = async (account = "Acme Ltda") => (await crm.put("/approvals", { account })).json["code"] as string;
  const exchange = (code: string) => token({ grant_type: "authorization_code", code, redirect_uri: crmCallback });
  const refresh = (refresh_token: string) => token({ grant_type: "refresh_token", refresh_token });
  return {
    ...crm,
    token,
    approve,
    exchange,
    refresh,
    connect: async (account?: string) => (await exchange(await approve(account))).json as unknown as Tokens,
    renew: async (refreshToken: string) => (await refresh(refreshToken)).json as unknown as Tokens,
    contacts: (accessToken?: string, path = "") =>
      crm.send(
        `/crm/v2/contacts${path}`,
        accessToken === undefined ? {} : { headers: { authorization: `Bearer ${accessToken}` } },
      ),
  };
}

function expectRefusal(reply: Reply, status: number, error: string, error_description: string): void {
  expect([reply.status, reply.json]).toEqual([status, { error, error_description }]);
  expect(reply.headers.get("cache-control")).toBe("no-store");
  expect(reply.headers.get("pragma")).toBe("no-cache");
}

describe("the dialog", () => {
  const dialog = (parameters: Record<string, string> = {}) =>
    `/oauth/authorize?${new URLSearchParams({ response_type: "code", client_id: crmClient.clientId, redirect_uri: crmCallback, state: "s&t", ...parameters })}`;

  test("shows the approval page, whose form brings a code back to the callback", async () => {
    const crm = await runCrm();
    const page = await crm.send(dialog());
    expect(page.status).toBe(200);
    expect(page.text).toContain('action="/rd-station-crm/oauth/authorize"');
    const fields = [...page.text.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name = "", value = ""]): [string, string] => [name, value.replaceAll("&amp;", "&")],
    );
    const body = new URLSearchParams([...fields, ["account", "Acme Ltda"], ["decision", "approve"]]);
    const reply = await crm.send("/oauth/authorize", { method: "POST", body });
    const location = new URL(reply.headers.get("location") ?? "");
    expect([reply.status, location.searchParams.get("state")]).toEqual([302, "s&t"]);
    const code = location.searchParams.get("code") ?? "";
    expect(code).toMatch(/^[A-Za-z0-9]{32}$/);
    expect((await crm.exchange(code)).status).toBe(200);
  });

  test("refuses an unknown client and a callback that is not registered without a redirect", async () => {
    const crm = await runCrm();
    expectRefusal(
      await crm.send(dialog({ client_id: "another" })),
      400,
      "invalid_client",
      "Invalid client authentication",
    );
    const wrong = await crm.send(dialog({ redirect_uri: `${crmCallback}/` }));
    expect([wrong.status, wrong.json["error"]]).toEqual([400, "invalid_request"]);
  });

  test("sends other response types, and those who decline, back with an error", async () => {
    const crm = await runCrm();
    const other = await crm.send(dialog({ response_type: "token" }));
    expect(other.headers.get("location")).toBe(`${crmCallback}?error=unsupported_response_type&state=s%26t`);
    const body = new URLSearchParams(dialog().split("?")[1]);
    body.set("decision", "decline");
    const declined = await crm.send("/oauth/authorize", { method: "POST", body });
    expect(declined.headers.get("location")).toBe(`${crmCallback}?error=access_denied&state=s%26t`);
  });

  test("is submitted by its own page alone", async () => {
    const crm = await runCrm();
    const headers = { "sec-fetch-site": "cross-site" };
    expect((await crm.send(dialog(), { headers })).status).toBe(200);
    expect((await crm.send("/oauth/authorize", { method: "POST", headers })).status).toBe(403);
  });
});

describe("a code", () => {
  test("becomes a pair of 32 alphanumerics each, once", async () => {
    const crm = await runCrm();
    const code = await crm.approve();
    const reply = await crm.exchange(code);
    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({
      access_token: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
      token_type: "bearer",
      expires_in: twoHours,
      refresh_token: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
    });
    expect([reply.headers.get("cache-control"), reply.headers.get("pragma")]).toEqual(["no-store", "no-cache"]);
    expectRefusal(await crm.exchange(code), 400, "invalid_request", "Invalid code");
  });

  test("lives for 300 seconds", async () => {
    const clock = settableClock();
    const crm = await runCrm(clock.now);
    const [first, second] = [await crm.approve(), await crm.approve()];
    clock.forward(300);
    expect((await crm.exchange(first)).status).toBe(200);
    clock.forward(1);
    expectRefusal(await crm.exchange(second), 400, "invalid_request", "Invalid code");
  });

  test("needs the registered redirect_uri, and is not spent without it", async () => {
    const crm = await runCrm();
    const code = await crm.approve();
    for (const redirect_uri of ["", `${crmCallback}/`]) {
      const reply = await crm.token({ grant_type: "authorization_code", code, redirect_uri });
      expect([reply.status, reply.json["error"]]).toEqual([400, "invalid_request"]);
    }
    expect((await crm.exchange(code)).status).toBe(200);
  });
});

describe("a refresh", () => {
  test("issues a new pair and deletes the old one, access token included", async () => {
    const crm = await runCrm();
    const first = await crm.connect();
    const second = await crm.renew(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await crm.contacts(first.access_token)).status).toBe(401);
    expect((await crm.contacts(second.access_token)).status).toBe(200);
    expectRefusal(await crm.refresh(first.refresh_token), 400, "invalid_request", "Invalid refresh_token");
    expect((await crm.refresh(second.refresh_token)).status).toBe(200);
  });

  test("leaves the old access token alive, or the old pair for a while, where it is switched so", async () => {
    const crm = await runCrm();
    await crm.put("/settings", { old_access_token: "lives" });
    const first = await crm.connect();
    const second = await crm.renew(first.refresh_token);
    expect((await crm.contacts(first.access_token)).status).toBe(200);
    await crm.put("/settings", { old_access_token: "dies", grace_seconds: 60 });
    await crm.renew(second.refresh_token);
    expect((await crm.contacts(second.access_token)).status).toBe(200);
    expect((await crm.refresh(second.refresh_token)).status).toBe(200);
  });

  test("that keeps the refresh token overwrites the access token", async () => {
    const crm = await runCrm();
    await crm.put("/settings", { rotation: "same" });
    const first = await crm.connect();
    const second = await crm.renew(first.refresh_token);
    expect(second.refresh_token).toBe(first.refresh_token);
    expect((await crm.contacts(first.access_token)).status).toBe(401);
    expect((await crm.contacts(second.access_token)).status).toBe(200);
  });

  test("is refused after fourteen idle days; each use begins them anew", async () => {
    const clock = settableClock();
    const crm = await runCrm(clock.now);
    const idle = await crm.connect("Loja do Zé");
    let used = await crm.connect();
    for (let turn = 0; turn < 2; turn++) {
      clock.forward(fortnight - 1);
      used = await crm.renew(used.refresh_token);
    }
    expectRefusal(await crm.refresh(idle.refresh_token), 400, "invalid_request", "Invalid refresh_token");
    expect((await crm.get("/grants?account=Loja%20do%20Z%C3%A9"))["grants"]).toEqual([
      expect.objectContaining({ alive: true, live_refresh_tokens: 0 }),
    ]);
    await crm.put("/settings", { refresh_token_seconds: 60 });
    clock.forward(60);
    expect((await crm.refresh(used.refresh_token)).status).toBe(400);
  });

  test("ends the grant where an old refresh token comes back and families are revoked", async () => {
    const crm = await runCrm();
    await crm.put("/settings", { family_revocation: true });
    const first = await crm.connect();
    const second = await crm.renew(first.refresh_token);
    await crm.refresh(first.refresh_token);
    expect((await crm.refresh(second.refresh_token)).status).toBe(400);
    expect((await crm.contacts(second.access_token)).status).toBe(401);
  });

  test("is refused with another status and another name where it is switched so", async () => {
    const crm = await runCrm();
    await crm.put("/settings", { dead_error: "invalid_grant", dead_status: 401 });
    expectRefusal(await crm.refresh("x".repeat(32)), 401, "invalid_grant", "Invalid refresh_token");
  });
});

describe("a token request", () => {
  test("is refused for a wrong secret: 400, and 401 with a challenge where it came as Basic", async () => {
    const crm = await runCrm();
    const refresh_token = await crm.refreshToken("Acme Ltda");
    const members = { grant_type: "refresh_token", refresh_token };
    const body = await crm.token({ ...members, client_secret: "wrong" });
    expectRefusal(body, 400, "invalid_client", "Invalid client authentication");
    expect(body.headers.get("www-authenticate")).toBeNull();
    const basic = await crm.token(members, { authorization: `Basic ${btoa(`${crmClient.clientId}:wrong`)}` });
    expectRefusal(basic, 401, "invalid_client", "Invalid client authentication");
    expect(basic.headers.get("www-authenticate")).toBe('Basic realm="OAuth2.0"');
    const right = btoa(`${crmClient.clientId}:${crmClient.clientSecret}`);
    expect((await crm.token(members, { authorization: `Basic ${right}` })).status).toBe(200);
  });

  test("needs a grant_type, in a form", async () => {
    const crm = await runCrm();
    const refresh_token = await crm.refreshToken("Acme Ltda");
    const none = await crm.token({ refresh_token });
    expectRefusal(none, 400, "unsupported_grant_type", "Invalid grant_type");
    const json = await crm.send("/oauth2/token", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...credentials, grant_type: "refresh_token", refresh_token }),
    });
    expectRefusal(json, 400, "unsupported_grant_type", "Invalid grant_type");
  });
});

describe("contacts", () => {
  test("are served, one by one too, and missing ones answered in the API's own form", async () => {
    const crm = await runCrm();
    const { access_token } = await crm.connect();
    const list = await crm.contacts(access_token);
    expect(list.json["data"]).toHaveLength(2);
    const id = list.json["data"][0]?.["id"] as unknown as string;
    expect((await crm.contacts(access_token, `/${id}`)).json["data"]["name"]).toBe("Ana Souza");
    const missing = await crm.contacts(access_token, "/none");
    expect([missing.status, Object.keys(missing.json)]).toEqual([404, ["errors"]]);
  });

  test("refuse missing, expired and foreign tokens, and those of a grant that has ended", async () => {
    const clock = settableClock();
    const crm = await runCrm(clock.now);
    const { access_token } = await crm.connect();
    const ended = await crm.connect("Loja do Zé");
    await crm.put("/grants", { account: "Loja do Zé", alive: false });
    expect((await crm.contacts()).json["error"]).toBe("invalid_request");
    for (const token of [ended.access_token, "x".repeat(32)]) {
      expect((await crm.contacts(token)).json["error"]).toBe("invalid_token");
    }
    clock.forward(twoHours);
    expect((await crm.contacts(access_token)).status).toBe(401);
    await crm.put("/settings", { resource_unauthorized: "errors" });
    expect(Object.keys((await crm.contacts(access_token)).json)).toEqual(["errors"]);
  });
});

describe("the switches of every provider", () => {
  test("work here too: a lost answer after the rotation, Kong's errors, Retry-After", async () => {
    const crm = await runCrm();
    const { refresh_token } = await crm.connect();
    await crm.faults({ kind: "rate-limit", retry_after: 12 });
    const limited = await crm.refresh(refresh_token);
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "12"]);
    await crm.faults({ kind: "wrong-client" });
    expect((await crm.refresh(refresh_token)).json["error"]).toBe("invalid_client");
    await crm.faults({ kind: "invalid-refresh-token" });
    expect((await crm.refresh(refresh_token)).json["error_description"]).toBe("Invalid refresh_token");
    await crm.faults({ kind: "server-error", status: 500 });
    expect((await crm.refresh(refresh_token)).json).toEqual({ message: "An unexpected error occurred" });
    await crm.faults({ kind: "redirect" });
    expect((await crm.refresh(refresh_token)).headers.get("location")).toBe("/rd-station-crm/redirected");
    await crm.faults({ kind: "reset", processed: true, times: 1 });
    await expect(crm.refresh(refresh_token)).rejects.toThrow("fetch failed");
    expect((await crm.refresh(refresh_token)).status).toBe(400);
    expect((await crm.get("/counters"))["redemptions"]).toMatchObject({ redeemed: 1, dead_presented: 1 });
  });

  test("no control answer shows a token, a code or a secret", async () => {
    const crm = await runCrm();
    const code = await crm.approve();
    const first = (await crm.exchange(code)).json as unknown as Tokens;
    const second = await crm.renew(first.refresh_token);
    await crm.contacts(second.access_token);
    const paths = ["/log", "/counters", "/grants", "/client", "/settings", "/faults"];
    const shown = (await Promise.all(paths.map((path) => crm.control("GET", path)))).map((reply) => reply.text).join();
    const secrets = [code, first, second].flatMap((tokens) =>
      typeof tokens === "string" ? tokens : [tokens.access_token, tokens.refresh_token],
    );
    for (const secret of [...secrets, crmClient.clientSecret]) expect(shown).not.toContain(secret);
    expect(shown).toContain('"issued_access_hash":"');
  });
});
