import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { healthy, type SandboxFault, type StackClient, stackClient } from "../support/stack-client.ts";

const patience = { timeout: 150_000, interval: 250 } as const;
const many = Array.from({ length: 12 }, (_, index) => String(index + 1));

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack();
  client = stackClient(stack);
}, 90_000);

afterAll(async () => {
  await stack?.dispose();
});

beforeEach(async () => {
  await client.sandbox.faults([]);
});

/** Connects many accounts whose access tokens all end during the outage, and whose next ones live on. */
async function connectMany(prefix: string): Promise<readonly string[]> {
  await client.sandbox.settings({ token_seconds: 12 });
  const accounts = many.map((index) => `${prefix}-${index}`);
  await Promise.all(accounts.map((account) => client.connect(account)));
  await client.sandbox.settings({ token_seconds: 600 });
  return accounts;
}

async function eachEventually(accounts: readonly string[], check: (account: string) => Promise<void>): Promise<void> {
  await Promise.all(accounts.map((account) => expect.poll(() => check(account).then(() => true), patience).toBe(true)));
}

describe("an outage that meets every connection", { timeout: 240_000 }, () => {
  it.each<readonly [string, SandboxFault, number, readonly string[]]>([
    ["errors", { kind: "server-error", status: 503 }, 503, ["active", "degraded"]],
    ["resets", { kind: "reset" }, 503, ["active", "degraded"]],
    ["limits", { kind: "rate-limit", retry_after: 2 }, 503, ["active", "degraded"]],
    ["wrong-client", { kind: "wrong-client" }, 502, ["active"]],
  ])("ends no grant, and everything is refreshed when it is over: %s", async (prefix, fault, status, statuses) => {
    await client.sandbox.faults([{ ...fault, endpoint: "token", redeems: "refresh_token" }]);
    const accounts = await connectMany(prefix);
    await eachEventually(accounts, async (account) => {
      const answer = await client.accessToken(account);
      expect(answer.status).toBe(status);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    });
    for (const account of accounts) {
      const { reason, generation, ...known } = await client.metadata(account);
      expect({ reason, generation }).toEqual({ reason: null, generation: 1 });
      expect(statuses).toContain(known.status);
    }

    await client.sandbox.faults([]);
    await eachEventually(accounts, async (account) => {
      expect(await client.standing(account)).toMatchObject({ ...healthy, outcome: "succeeded", generation: 2 });
      const told = (await client.statusChanges(account)).map((change) => change.status);
      expect([["active"], ["active", "degraded", "active"]]).toContainEqual(told);
    });
  });
});

it("redeems no refresh token twice at a time, however many refreshes fail", async () => {
  expect((await client.sandbox.counters()).redemptions).toMatchObject({ overlapping: 0, maximum_overlap: 1 });
});
