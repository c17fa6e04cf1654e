import { describe, expect, test } from "vitest";
import { runSandbox, settableClock } from "./running-sandbox.ts";

const missing = { error_description: "The access token is missing", error: "invalid_request" };
const invalid = { error_description: "The access token is invalid or has expired", error: "invalid_token" };
const invalidHeader =
  'Bearer realm="service" error="invalid_token" error_description="The access token is invalid or has expired"';
const legacyHeader =
  'Bearer realm="https://api.rd.services/", error="expired_token", error_description="The access token expired"';

describe("a resource", () => {
  test("knows the account by name and tells the API version", async () => {
    const sandbox = await runSandbox();
    const { access_token } = await sandbox.connect("Padaria Estrela");
    const reply = await sandbox.accountInfo(access_token);
    expect([reply.status, reply.json]).toEqual([200, { name: "Padaria Estrela" }]);
    expect(reply.headers.get("x-api-version")).toBe("2.0");
  });

  test("refuses a request without a Bearer", async () => {
    const sandbox = await runSandbox();
    for (const reply of [
      await sandbox.accountInfo(),
      await sandbox.send("/platform/contacts/email:ana@example.com", { headers: { authorization: "Basic eDp5" } }),
    ]) {
      expect([reply.status, reply.text]).toEqual([401, JSON.stringify(missing)]);
      expect(reply.headers.get("www-authenticate")).toBe('Bearer realm="service"');
      expect(reply.headers.get("x-api-version")).toBe("2.0");
    }
  });

  test("refuses an expired, a revoked, a tampered and another product's token alike", async () => {
    const clock = settableClock();
    const sandbox = await runSandbox({ now: clock.now, tokenSeconds: 60 });
    const { access_token: expired, refresh_token } = await sandbox.connect();
    const revoked = await sandbox.connect("Loja do Zé");
    await sandbox.put("/grants", { account: "Loja do Zé", alive: false });
    clock.forward(59);
    expect((await sandbox.accountInfo(expired)).status).toBe(200);
    clock.forward(1);
    const { access_token: good } = await sandbox.renew(refresh_token);
    for (const token of [expired, revoked.access_token, `${good}!`, good.slice(0, -9), "f".repeat(32)]) {
      const reply = await sandbox.accountInfo(token);
      expect([reply.status, reply.text]).toEqual([401, JSON.stringify(invalid)]);
      expect(reply.headers.get("www-authenticate")).toBe(invalidHeader);
    }
    expect((await sandbox.accountInfo(good)).status).toBe(200);
  });

  test.each([
    ["legacy", "www-authenticate"],
    ["legacy-remapped", "x-amzn-remapped-www-authenticate"],
  ])("refuses an expired token as the older gateway did: %s", async (resource_unauthorized, header) => {
    const clock = settableClock();
    const sandbox = await runSandbox({ now: clock.now, tokenSeconds: 60 });
    await sandbox.put("/settings", { resource_unauthorized });
    const { access_token } = await sandbox.connect();
    clock.forward(60);
    const reply = await sandbox.accountInfo(access_token);
    expect([reply.status, reply.json]).toEqual([
      401,
      { errors: { error_type: "UNAUTHORIZED", error_message: "Invalid token." } },
    ]);
    expect(reply.headers.get(header)).toBe(legacyHeader);
  });
});

describe("contacts", () => {
  test("are found by e-mail address, encoded or not, and by uuid", async () => {
    const sandbox = await runSandbox();
    const { access_token } = await sandbox.connect();
    const headers = { authorization: `Bearer ${access_token}` };
    const ana = await sandbox.send("/platform/contacts/email:ana@example.com", { headers });
    expect(ana.json).toMatchObject({ email: "ana@example.com", name: "Ana Souza" });
    for (const identifier of ["email%3Aana%40example.com", `uuid:${ana.json["uuid"]}`]) {
      expect((await sandbox.send(`/platform/contacts/${identifier}`, { headers })).json).toEqual(ana.json);
    }
  });

  test("that do not exist are leads that were not found", async () => {
    const sandbox = await runSandbox();
    const { access_token } = await sandbox.connect();
    const headers = { authorization: `Bearer ${access_token}` };
    const reply = await sandbox.send("/platform/contacts/email:nobody@example.com", { headers });
    expect([reply.status, reply.json]).toEqual([
      404,
      { errors: { error_type: "RESOURCE_NOT_FOUND", error_message: "Lead not found." } },
    ]);
  });

  test("are listed in pages of at most 125", async () => {
    const sandbox = await runSandbox();
    const { access_token } = await sandbox.connect();
    const headers = { authorization: `Bearer ${access_token}` };
    const list = async (query: string) => await sandbox.send(`/platform/contacts${query}`, { headers });
    expect((await list("")).json["contacts"]).toHaveLength(3);
    expect((await list("?page=2&page_size=2")).json["contacts"]).toHaveLength(1);
    expect((await list("?page_size=126")).status).toBe(400);
    expect((await sandbox.send("/platform/contacts")).status).toBe(401);
  });
});

test("what is not routed is answered as the gateway answers it", async () => {
  const sandbox = await runSandbox();
  const reply = await sandbox.send("/oauth/revoke", { method: "POST" });
  expect([reply.status, reply.json]).toEqual([404, { message: "no Route matched with those values" }]);
});
