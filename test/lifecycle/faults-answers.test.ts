import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { healthy, type SandboxFault, type StackClient, stackClient } from "../support/stack-client.ts";

const patience = { timeout: 60_000, interval: 200 } as const;
const lifeSeconds = 60;

// Many at once: each waits, most of the time. More would be slower than the broker's own timeouts where the machine is busy.
vi.setConfig({ maxConcurrency: 10 });

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: String(lifeSeconds) });
  client = stackClient(stack);
}, 90_000);

afterAll(async () => {
  await stack?.dispose();
});

const json = { "content-type": "application/json" };
const html = "<html><body>Sign in to the network</body></html>";

/** What a refresh may get instead of tokens, and whether the refresh token may be spent afterwards. */
const breakdowns: readonly (readonly [account: string, outcome: "failed" | "unknown", fault: SandboxFault])[] = [
  ["error-500-json", "failed", { kind: "server-error", status: 500 }],
  ["error-500-html", "unknown", { kind: "server-error", status: 500, format: "html" }],
  ["error-502-json", "failed", { kind: "server-error", status: 502, format: "json" }],
  ["error-502-html", "unknown", { kind: "server-error", status: 502 }],
  ["error-503-json", "failed", { kind: "server-error", status: 503, format: "json" }],
  ["error-503-html", "failed", { kind: "server-error", status: 503 }],
  ["error-504-json", "unknown", { kind: "server-error", status: 504, format: "json" }],
  ["error-504-html", "unknown", { kind: "server-error", status: 504 }],
  ["error-502-processed", "unknown", { kind: "server-error", status: 502, processed: true }],
  ["page-200", "unknown", { kind: "html" }],
  ["page-200-processed", "unknown", { kind: "html", processed: true }],
  ["empty-object", "unknown", { kind: "empty-object" }],
  ["empty-object-processed", "unknown", { kind: "empty-object", processed: true }],
  ["redirect-302", "failed", { kind: "redirect", status: 302 }],
  ["redirect-307", "failed", { kind: "redirect", status: 307 }],
  ["reset", "unknown", { kind: "reset" }],
  ["reset-processed", "unknown", { kind: "reset", processed: true }],
  ["cut", "unknown", { kind: "cut" }],
  ["broken-json", "unknown", { kind: "broken-json" }],
  ["timeout", "unknown", { kind: "delay", milliseconds: 9_000 }],
  ["timeout-processed", "unknown", { kind: "delay", milliseconds: 9_000, processed: true }],
  ["life-zero", "failed", { kind: "expires-in", value: 0 }],
  ["life-negative", "failed", { kind: "expires-in", value: -5 }],
  ["life-garbage", "failed", { kind: "expires-in", value: "soon" }],
  ["page-401", "failed", { kind: "answer", status: 401, headers: { "content-type": "text/html" }, body: html }],
  ["error-401-unnamed", "failed", { kind: "answer", status: 401, headers: json, body: '{"message":"Unauthorized"}' }],
  ["error-400-foreign", "failed", { kind: "answer", status: 400, headers: json, body: '{"error":"invalid_grant"}' }],
  ["error-403", "failed", { kind: "answer", status: 403, headers: json, body: '{"message":"Forbidden"}' }],
  ["error-404", "failed", { kind: "answer", status: 404, body: "no Route matched with those values" }],
];

describe.concurrent("a refresh that gets no tokens", { timeout: 120_000 }, () => {
  it.for(breakdowns)("leaves the grant alone and is made up for: %s", async ([account, outcome, fault], { expect }) => {
    await client.connect(account);
    await client.sandbox.aim(account, [{ endpoint: "token", ...fault }]);
    const { generation } = await client.metadata(account);

    const answer = await client.refresh(account);
    expect(answer).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    const during = { status: "degraded", reason: null, generation, outcome, code: "provider_unavailable" };
    expect(await client.standing(account)).toMatchObject({ ...during, token: 200, publishedToken: 200, liveGrants: 1 });

    await client.sandbox.aim(account, []);
    await expect.poll(() => client.standing(account), patience).toMatchObject({ ...healthy, outcome: "succeeded" });
    expect((await client.metadata(account)).generation).toBeGreaterThan(generation);
    await expect.poll(() => statuses(account), patience).toEqual(["active", "degraded", "active"]);
  });
});

/** What may be odd about tokens that can be used all the same, and the life they get. */
const oddities: readonly (readonly [account: string, life: number, fault: SandboxFault])[] = [
  ["no-refresh-token", lifeSeconds, { kind: "no-refresh-token" }],
  ["no-expires-in", lifeSeconds, { kind: "no-expires-in" }],
  ["expires-in-text", 15, { kind: "expires-in", value: "15" }],
  ["expires-in-fraction", 15, { kind: "expires-in", value: 15.9 }],
  ["clock-ahead", lifeSeconds, { kind: "date-offset", seconds: 3_600 }],
  ["clock-behind", lifeSeconds, { kind: "date-offset", seconds: -3_600 }],
  ["slow", lifeSeconds, { kind: "delay", milliseconds: 1_500, processed: true }],
];

describe.concurrent("a refresh that gets odd tokens", { timeout: 120_000 }, () => {
  it.for(oddities)("uses them: %s", async ([account, life, fault], { expect }) => {
    const { generation } = await client.connect(account);
    await client.sandbox.aim(account, [{ endpoint: "token", ...fault }]);

    expect((await client.refresh(account)).status).toBe(200);
    await expect
      .poll(() => client.standing(account), patience)
      .toMatchObject({ ...healthy, outcome: "succeeded", generation: generation + 1 });
    const { body } = await client.accessToken(account);
    expect(Date.parse(body.expires_at) - Date.parse(body.issued_at)).toBe(life * 1000);

    await client.sandbox.aim(account, []);
    expect((await client.refresh(account)).body.generation).toBe(generation + 2);
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
  });

  it("counts a generation for every refresh, also where two give the same access token", async ({ expect }) => {
    await client.sandbox.settings({ equal_tokens: true });
    const { generation } = await client.connect("equal-tokens");
    const refreshed = [await client.refresh("equal-tokens"), await client.refresh("equal-tokens")];
    expect(refreshed.map(({ body }) => body.generation)).toEqual([generation + 1, generation + 2]);
    await expect.poll(() => client.standing("equal-tokens"), patience).toMatchObject(healthy);
    await client.sandbox.settings({ equal_tokens: false });
  });
});

it("follows no redirect, and redeems no refresh token twice at a time", async () => {
  const { requests, redemptions } = await client.sandbox.counters();
  expect(requests["redirected"]).toBeUndefined();
  expect(redemptions).toMatchObject({ overlapping: 0, maximum_overlap: 1 });
});

/** The statuses that an account's events tell of. */
async function statuses(account: string): Promise<readonly unknown[]> {
  return (await client.statusChanges(account)).map(({ status }) => status);
}
