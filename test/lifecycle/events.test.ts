import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectionEventNames, providerEventNames } from "../../shared/broker/event-names.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type SandboxFault, type StackClient, type StackEvent, stackClient } from "../support/stack-client.ts";

const patience = { timeout: 150_000, interval: 500 } as const;
const operator = "arn:aws:iam::000000000000:user/local";
const ticket = expect.stringMatching(/^ticket:[0-9a-f]{12}$/);

let stack: LocalStack;
let client: StackClient;

/** Gives the tests of a block a stack of their own. */
function onStack(env: Readonly<Record<string, string>>): void {
  beforeAll(async () => {
    stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600", ...env });
    client = stackClient(stack);
  }, 90_000);
  afterAll(() => stack.dispose());
}

/** What was told for the first time while `work` was done. The client checks each event against its schema. */
async function toldDuring(work: () => Promise<unknown>): Promise<readonly (readonly unknown[])[]> {
  const before = (await distinctEvents()).length;
  await work();
  return (await distinctEvents()).slice(before).map(brief);
}

/** What was told, each event once: the bus may be told it again. */
async function distinctEvents(): Promise<readonly StackEvent[]> {
  const known = new Set<unknown>();
  return (await client.events()).filter(({ detail: { id } }) => !known.has(id) && known.add(id));
}

/** An event's name, what it followed or is due to, and who made the change. */
function brief({ detail_type, detail }: StackEvent): readonly unknown[] {
  return [detail_type, detail["previous_status"] ?? detail["code"] ?? null, detail["actor"]];
}

/** Refreshes that all meet the same fault. */
async function refreshInto(fault: SandboxFault, times = 1): Promise<void> {
  await client.sandbox.faults([{ endpoint: "token", redeems: "refresh_token", ...fault, times }]);
  for (let time = 0; time < times; time++) expect((await client.refresh("acme")).status).toBeGreaterThanOrEqual(400);
  await client.sandbox.faults([]);
}

/** The whole life of one connection, each part on top of the one before. */
describe("an event is told of", { timeout: 60_000 }, () => {
  // Nothing happens that is not asked for here.
  onStack({ SWEEP_SECONDS: "86400" });

  it("every authorization, the first one and the next, also of what is active", async () => {
    expect(await toldDuring(() => client.connect("acme", "Padaria"))).toEqual([
      ["connection.authorized", null, ticket],
    ]);
    expect(await toldDuring(() => client.connect("acme", "Padaria"))).toEqual([
      ["connection.authorized", "active", ticket],
    ]);
  });

  it("a refresh token that is handed in", async () => {
    const refreshToken = await client.sandbox.refreshToken("Padaria");
    expect(await toldDuring(() => client.put("acme", refreshToken))).toEqual([
      ["connection.authorized", "active", operator],
    ]);
  });

  it("a refresh that fails, and of the one that succeeds after it", async () => {
    expect(await toldDuring(() => refreshInto({ kind: "server-error", status: 503 }))).toEqual([
      ["connection.degraded", "active", operator],
    ]);
    expect(await toldDuring(() => client.refresh("acme"))).toEqual([["connection.recovered", "degraded", operator]]);
  });

  it("no refresh of what is active", async () => {
    expect(await toldDuring(() => client.refresh("acme"))).toEqual([]);
  });

  it("a provider that refuses our client credentials, and of its recovery", async () => {
    expect(await toldDuring(() => refreshInto({ kind: "wrong-client" }))).toEqual([
      ["provider.client_credentials_rejected", "client_credentials_rejected", operator],
    ]);
    expect(await toldDuring(() => client.refresh("acme"))).toEqual([["provider.recovered", null, operator]]);
  });

  it("a provider that does not answer, and of its recovery", async () => {
    const told = await toldDuring(() => refreshInto({ kind: "server-error", status: 503 }, 5));
    expect(told).toEqual([
      ["connection.degraded", "active", operator],
      ["provider.unavailable", "provider_unavailable", operator],
    ]);
    expect(await toldDuring(() => client.refresh("acme"))).toEqual([
      ["provider.recovered", null, operator],
      ["connection.recovered", "degraded", operator],
    ]);
  });

  it("a grant that its user has ended", async () => {
    await client.sandbox.endGrants("Padaria");
    expect(await toldDuring(() => client.refresh("acme"))).toEqual([
      ["connection.reauthorization_required", "active", operator],
    ]);
    await client.connect("acme", "Padaria");
  });

  it("a revocation, when it begins and when it is done", async () => {
    expect(await toldDuring(() => client.revoke("acme"))).toEqual([
      ["connection.revoking", "active", operator],
      ["connection.revoked", "revoking", operator],
    ]);
  });

  it("everything that there are names for, with an id of its own", async () => {
    const events = await client.events();
    expect(new Set(events.map(({ detail_type }) => detail_type))).toEqual(
      new Set([...connectionEventNames, ...providerEventNames]),
    );
    const distinct = await distinctEvents();
    expect(new Set(events.map(({ detail }) => JSON.stringify(detail))).size).toBe(distinct.length);
    for (const { time, detail } of distinct) expect(time).toBe(detail["at"]);
  });
});

describe("what the bus did not take", { timeout: 240_000 }, () => {
  onStack({ SWEEP_SECONDS: "1" });

  it("of a provider is told by a sweep, although nothing else changes", async () => {
    await client.connect("acme", "Padaria");
    await refreshInto({ kind: "wrong-client" });
    await client.aws.faults([
      { service: "events", operation: "PutEvents", entry_error: "InternalFailure", times: 100_000 },
    ]);
    expect(await toldDuring(() => client.refresh("acme"))).toEqual([]);
    await client.aws.faults([]);
    await expect
      .poll(async () => (await client.events()).slice(-1).map(brief), patience)
      .toEqual([["provider.recovered", null, operator]]);
  });

  it("and what it took is still there after the process was killed", async () => {
    const before = await client.events();
    await stack.kill();
    await stack.start();
    expect(await client.events()).toEqual(before);
  });
});
