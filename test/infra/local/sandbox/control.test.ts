import { describe, expect, test } from "vitest";
import { callback, client, runSandbox } from "./running-sandbox.ts";

type Entries = { readonly entries: readonly Record<string, unknown>[] };

describe("settings", () => {
  test("are shown whole and changed one by one", async () => {
    const sandbox = await runSandbox({ tokenSeconds: 60 });
    const before = await sandbox.get("/settings");
    expect(before).toEqual({
      rotation: "same",
      grace_seconds: 0,
      family_revocation: false,
      token_seconds: 60,
      code_seconds: 3600,
      reauthorization: "separate",
      equal_tokens: false,
      propagation_seconds: 3600,
      accounts: ["Padaria Estrela", "Acme Ltda", "Loja do Zé"],
      log_entries: 100_000,
      envelope: "documented",
      decline: "page",
      resource_unauthorized: "current",
      revoke_bearer: "required",
    });
    const reply = await sandbox.put("/settings", { token_seconds: 5 });
    expect([reply.status, reply.json]).toEqual([200, { ...Object(before), token_seconds: 5 }]);
    await sandbox.put("/settings", { rotation: "new-old-dies" });
    expect(await sandbox.get("/settings")).toMatchObject({ token_seconds: 5, rotation: "new-old-dies" });
  });
});

describe("what cannot be done is refused with a sentence", () => {
  test.each([
    ["/settings", { rotation: "sometimes" }, /^Member "rotation": Expected \("same" \|/],
    ["/settings", { token_seconds: 0 }, /^Member "token_seconds": Expected >=1/],
    ["/settings", { colour: "red" }, /^Member "colour": unknown member "colour"\.$/],
    ["/settings", [], /^The body is a list/],
    ["/faults", {}, /^Member "faults": Expected "faults"/],
    ["/faults", { faults: [{ kind: "explode" }] }, /^Member "faults.0.kind": Expected/],
    ["/faults", { faults: [{ kind: "reset", endpoint: "nowhere" }] }, /"nowhere" is none of dialog, token, revoke/],
    ["/faults", { faults: [{ kind: "wrong-client", endpoint: "revoke" }] }, /"wrong-client" means nothing at "revoke"/],
    ["/faults", { faults: [{ kind: "delay" }] }, /^Member "faults.0.milliseconds"/],
    ["/faults", { faults: [{ kind: "answer", status: 200, headers: { "X-A": "a\r\nb" } }] }, /headers/],
    ["/grants", { account: "Acme Ltda", alive: true }, /^Member "alive": a grant can only be ended/],
    ["/approvals", {}, /^Member "account"/],
    ["/client", { client_secret: "" }, /^Member "client_secret"/],
    ["/reset", { only: ["everything"] }, /^Member "only.0"/],
  ])("PUT %s %j", async (path, body, sentence) => {
    const sandbox = await runSandbox();
    const reply = await sandbox.put(path, body);
    expect(reply.status).toBe(400);
    expect(reply.json["error"]).toMatch(sentence);
  });

  test("a body that is not JSON, a grant and a route that are not there", async () => {
    const sandbox = await runSandbox();
    const control = `${sandbox.url}/_sandbox/rd-station`;
    const broken = await sandbox.send(`${control}/settings`, { method: "PUT", body: "{" });
    expect([broken.status, broken.json]).toEqual([400, { error: "The body is not JSON." }]);
    expect((await sandbox.put("/grants/none", { alive: false })).status).toBe(404);
    expect((await sandbox.control("GET", "/nothing")).status).toBe(404);
    expect((await sandbox.control("GET", "/log?limit=x")).status).toBe(400);
  });
});

describe("grants", () => {
  test("are listed, by account and by whether they live, and ended one by one", async () => {
    const sandbox = await runSandbox();
    const acme = await sandbox.connect("Acme Ltda");
    await sandbox.connect("Loja do Zé");
    const { grants } = (await sandbox.get("/grants?account=Acme%20Ltda")) as unknown as { grants: { id: string }[] };
    expect(grants).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        account: "Acme Ltda",
        client_id: client.clientId,
        alive: true,
        live_refresh_tokens: 1,
        generation: 1,
        redemptions: 0,
        created_at: expect.any(Number),
        revoked_at: null,
        revoked_by: null,
      },
    ]);
    const ended = await sandbox.put(`/grants/${grants[0]?.id}`, { alive: false });
    expect(ended.json).toMatchObject({ alive: false, live_refresh_tokens: 0, revoked_by: "user" });
    expect((await sandbox.refresh(acme.refresh_token)).status).toBe(401);
    expect((await sandbox.accountInfo(acme.access_token)).status).toBe(401);
    expect((await sandbox.get("/grants?alive=true"))["grants"]).toHaveLength(1);
    expect((await sandbox.get(`/grants/${grants[0]?.id}`))["alive"]).toBe(false);
    const byAccount = await sandbox.put("/grants", { account: "Loja do Zé", alive: false });
    expect(byAccount.json["grants"]).toEqual([expect.objectContaining({ alive: false })]);
  });
});

describe("the client", () => {
  test("is shown without its secret, and can be given another one", async () => {
    const sandbox = await runSandbox();
    expect(await sandbox.get("/client")).toEqual({
      client_id: client.clientId,
      client_secret_hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      redirect_uris: [callback],
      effective_redirect_uris: [callback],
    });
    const { refresh_token } = await sandbox.connect();
    await sandbox.put("/client", { client_secret: "another" });
    expect((await sandbox.refresh(refresh_token)).json["errors"]["error_type"]).toBe("ACCESS_DENIED");
    expect((await sandbox.token({ refresh_token, client_secret: "another" })).status).toBe(200);
  });
});

describe("counters and log", () => {
  test("count requests by endpoint, outcome and status", async () => {
    const sandbox = await runSandbox();
    const { refresh_token, access_token } = await sandbox.connect();
    await sandbox.refresh(refresh_token);
    await sandbox.refresh("unknown");
    await sandbox.faults({ kind: "reset", endpoint: "token", times: 1 });
    await sandbox.refresh(refresh_token).catch(() => undefined);
    await sandbox.accountInfo(access_token);
    expect((await sandbox.get("/counters"))["requests"]).toEqual({
      token: {
        total: 4,
        open: 0,
        faulted: 1,
        outcomes: { "code-exchanged": 1, refreshed: 1, "unknown-refresh-token": 1, "not-processed": 1 },
        statuses: { "200": 2, "401": 1, none: 1 },
      },
      account_info: { total: 1, open: 0, faulted: 0, outcomes: { served: 1 }, statuses: { "200": 1 } },
    });
  });

  test("the log tells which generation was presented and which was issued", async () => {
    const sandbox = await runSandbox();
    await sandbox.put("/settings", { rotation: "new-old-dies" });
    const { refresh_token } = await sandbox.connect();
    await sandbox.renew(refresh_token);
    const { entries } = (await sandbox.get("/log")) as unknown as Entries;
    expect(entries).toHaveLength(2);
    expect(entries[0]).toMatchObject({
      redeems: "code",
      outcome: "code-exchanged",
      account: "Acme Ltda",
      generation: null,
      issued_generation: 1,
    });
    expect(entries[1]).toEqual({
      number: 2,
      endpoint: "token",
      method: "POST",
      started_at: expect.any(Number),
      processed_at: expect.any(Number),
      ended_at: expect.any(Number),
      start_order: 4,
      process_order: 5,
      end_order: 6,
      status: 200,
      outcome: "refreshed",
      faults: [],
      client_gone: false,
      account: "Acme Ltda",
      grant: entries[0]?.["grant"],
      redeems: "refresh_token",
      presented_hash: entries[0]?.["issued_refresh_hash"],
      generation: 1,
      issued_generation: 2,
      issued_refresh_hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      issued_access_hash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  test("the log keeps the newest, pages upwards, and changes its size", async () => {
    const sandbox = await runSandbox();
    await sandbox.put("/settings", { log_entries: 5 });
    for (let turn = 0; turn < 8; turn++) await sandbox.accountInfo();
    const numbers = async (query: string) =>
      ((await sandbox.get(`/log${query}`)) as unknown as Entries).entries.map((entry) => entry["number"]);
    expect(await numbers("")).toEqual([4, 5, 6, 7, 8]);
    expect(await numbers("?after=5&limit=2")).toEqual([6, 7]);
    expect(await numbers("?last=2")).toEqual([7, 8]);
    expect(await numbers("?endpoint=token")).toEqual([]);
    await sandbox.put("/settings", { log_entries: 8 });
    for (let turn = 0; turn < 4; turn++) await sandbox.accountInfo();
    expect(await numbers("")).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
    await sandbox.put("/settings", { log_entries: 2 });
    expect(await sandbox.get("/log")).toMatchObject({ capacity: 2, oldest: 11, newest: 12 });
  });

  test("no control answer shows a token, a code or a secret", async () => {
    const sandbox = await runSandbox();
    const code = await sandbox.approve();
    const tokens = (await sandbox.exchange(code)).json;
    await sandbox.refresh(tokens["refresh_token"]);
    await sandbox.accountInfo(tokens["access_token"]);
    await sandbox.revoke(tokens["access_token"], `token=${tokens["refresh_token"]}`);
    await sandbox.send(`/auth/token?code=${code}`);
    const shown = await Promise.all(
      ["/log", "/counters", "/grants", "/client", "/settings", "/faults"].map((path) => sandbox.control("GET", path)),
    );
    for (const secret of [code, tokens["access_token"], tokens["refresh_token"], client.clientSecret]) {
      for (const reply of shown) expect(reply.text).not.toContain(secret);
    }
  });
});

describe("reset", () => {
  test("forgets all, or only what is named", async () => {
    const sandbox = await runSandbox();
    const { refresh_token } = await sandbox.connect();
    await sandbox.put("/settings", { token_seconds: 5 });
    await sandbox.faults({ kind: "delay", milliseconds: 0 });
    const some = await sandbox.put("/reset", { only: ["faults", "counters", "log", "settings"] });
    expect(some.json).toEqual({ reset: ["faults", "counters", "log", "settings"] });
    expect(await sandbox.get("/faults")).toEqual({ faults: [] });
    expect((await sandbox.get("/log"))["entries"]).toEqual([]);
    expect((await sandbox.get("/counters"))["requests"]).toEqual({});
    expect((await sandbox.get("/settings"))["token_seconds"]).toBe(86_400);
    expect((await sandbox.refresh(refresh_token)).status).toBe(200);
    expect((await sandbox.put("/reset", {})).json["reset"]).toHaveLength(5);
    expect((await sandbox.refresh(refresh_token)).status).toBe(401);
    expect((await sandbox.get("/grants"))["grants"]).toEqual([]);
  });
});
