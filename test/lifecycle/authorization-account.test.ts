import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { authorize, browser, decide } from "../support/browser.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SWEEP_SECONDS: "3600", SANDBOX_TOKEN_SECONDS: "3600" });
  client = stackClient(stack);
}, 90_000);
afterAll(() => stack?.dispose(), 30_000);
beforeEach(() => client.sandbox.reset(["faults", "counters", "log"]));

const says = {
  connected: "Conta conectada",
  wrongAccount: "Conta diferente",
  revoked: "Convite cancelado",
} as const;

async function linkFor(account: string, options = {}): Promise<string> {
  return (await client.ticket(account, options)).authorization_url;
}

describe("authorizing another account than the one that is connected", () => {
  it("commits nothing, revokes nothing and says so", async () => {
    await client.connect("swap", "Acme Ltda");
    const before = await client.metadata("swap");
    const token = (await client.accessToken("swap")).body;
    const link = await linkFor("swap");
    const page = await authorize(browser(), link, { account: "Globex" });
    expect(page.body).toContain(says.wrongAccount);
    expect(page.body).not.toMatch(/Globex|Acme/);
    expect(await client.metadata("swap")).toEqual(before);
    expect((await client.accessToken("swap")).body).toEqual(token);
    expect((await client.published("swap"))?.access_token).toBe(token.access_token);
    expect(await client.sandbox.log({ endpoint: "revoke" })).toEqual([]);
    expect(await client.callApi(token.access_token)).toBe(200);
    for (const account of ["Acme Ltda", "Globex"]) {
      expect((await client.sandbox.grants(account)).map(({ alive }) => alive)).toEqual([true]);
    }
  });

  it("leaves the ticket good for the right one", async () => {
    await client.connect("swap-back", "Right");
    const link = await linkFor("swap-back");
    await authorize(browser(), link, { account: "Wrong" });
    expect((await authorize(browser(), link, { account: "Right" })).body).toContain(says.connected);
    expect(await client.metadata("swap-back")).toMatchObject({ label: "Right", generation: 2 });
  });

  it("is done where the ticket allows it", async () => {
    await client.connect("moved", "Old owner");
    const link = await linkFor("moved", { allow_other_account: true });
    expect((await authorize(browser(), link, { account: "New owner" })).body).toContain(says.connected);
    expect(await client.metadata("moved")).toMatchObject({ label: "New owner", generation: 2, status: "active" });
    const token = (await client.accessToken("moved")).body.access_token;
    expect((await client.published("moved"))?.access_token).toBe(token);
    expect(await client.sandbox.log({ endpoint: "revoke" })).toEqual([]);
  });

  it("cannot be told where the provider does not give its name, and is done", async () => {
    await client.connect("unnamed", "Known name");
    const link = await linkFor("unnamed");
    await client.sandbox.faults([{ kind: "server-error", endpoint: "account_info" }]);
    expect((await authorize(browser(), link, { account: "Known name" })).body).toContain(says.connected);
    expect(await client.metadata("unnamed")).toMatchObject({ label: "Known name", generation: 2 });
  });

  it("for another connection is no matter of this one", async () => {
    await client.connect("first-tenant", "Shared");
    await client.connect("second-tenant", "Shared");
    expect((await client.metadata("first-tenant")).generation).toBe(1);
    expect(await client.sandbox.grants("Shared")).toHaveLength(2);
  });
});

describe("a ticket from before a revocation", () => {
  it("does not revive the connection", async () => {
    await client.connect("gone");
    const link = await linkFor("gone");
    expect((await client.revoke("gone")).body.status).toBe("revoked");
    const before = await client.metadata("gone");
    const page = await authorize(browser(), link, { account: "gone" });
    expect(page.body).toContain(says.revoked);
    expect(await client.metadata("gone")).toEqual(before);
    expect((await client.accessToken("gone")).status).toBe(410);
    expect(await client.published("gone")).not.toHaveProperty("access_token");
  });

  it("does not revive it either where its authorization had already begun", async () => {
    await client.connect("going");
    const person = browser();
    const { callbackUrl } = await decide(person, await linkFor("going"), { account: "going" });
    await client.revoke("going");
    expect((await person.open(callbackUrl)).body).toContain(says.revoked);
    expect((await client.metadata("going")).status).toBe("revoked");
  });

  it("does not revive it either where its code is being exchanged meanwhile", async () => {
    await client.connect("racing");
    const person = browser();
    const { callbackUrl } = await decide(person, await linkFor("racing"), { account: "racing" });
    await client.sandbox.faults([{ kind: "delay", endpoint: "token", redeems: "code", milliseconds: 1_500 }]);
    const finishing = person.open(callbackUrl);
    await expect
      .poll(async () => (await client.sandbox.counters()).requests["token"]?.total ?? 0, { timeout: 15_000 })
      .toBeGreaterThan(0);
    await client.revoke("racing");
    expect((await finishing).body).toContain(says.revoked);
    expect((await client.metadata("racing")).status).toBe("revoked");
    expect((await client.accessToken("racing")).status).toBe(410);
  });

  it("leaves nothing to exchange: the code is not spent", async () => {
    await client.connect("unspent");
    const person = browser();
    const { callbackUrl } = await decide(person, await linkFor("unspent"), { account: "unspent" });
    await client.revoke("unspent");
    await client.sandbox.reset(["counters", "log"]);
    await person.open(callbackUrl);
    expect(await client.sandbox.log({ endpoint: "token" })).toEqual([]);
  });
});

describe("a ticket from after a revocation", () => {
  it("connects the account again, under the same id and with a higher generation", async () => {
    await client.connect("returning");
    await client.revoke("returning");
    const revoked = await client.metadata("returning");
    const page = await authorize(browser(), await linkFor("returning"), { account: "returning" });
    expect(page.body).toContain(says.connected);
    const { generation, status } = await client.metadata("returning");
    expect(status).toBe("active");
    expect(generation).toBe(revoked.generation + 1);
    expect((await client.accessToken("returning")).status).toBe(200);
    expect(await client.published("returning")).toMatchObject({ generation });
  });
});
