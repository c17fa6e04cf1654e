import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type Metadata, type StackClient, stackClient } from "../support/stack-client.ts";

const patience = { timeout: 90_000, interval: 250 } as const;
const denied = '{"errors":{"error_type":"ACCESS_DENIED","error_message":"Wrong credentials provided."}}';

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
  client = stackClient(stack);
}, 90_000);

afterAll(async () => {
  await stack?.dispose();
});

beforeEach(async () => {
  await client.sandbox.settings({ token_seconds: 600, revoke_bearer: "required", envelope: "documented" });
});

/** What the revocation endpoint may answer without having revoked anything. */
const breakdowns = [
  ["error-500-json", { kind: "server-error", status: 500 }],
  ["error-500-html", { kind: "server-error", status: 500, format: "html" }],
  ["error-502", { kind: "server-error", status: 502 }],
  ["error-503", { kind: "server-error", status: 503, retry_after: 1 }],
  ["error-504", { kind: "server-error", status: 504 }],
  ["reset", { kind: "reset" }],
  ["timeout", { kind: "delay", milliseconds: 60_000 }],
  ["redirect-302", { kind: "redirect", status: 302 }],
  ["redirect-307", { kind: "redirect", status: 307 }],
  ["rate-limit", { kind: "rate-limit", retry_after: 1 }],
  ["bearer-refused", { kind: "unauthorized" }],
  ["wrong-client", { kind: "answer", status: 401, headers: { "content-type": "application/json" }, body: denied }],
  ["no-route", { kind: "answer", status: 404, body: "no Route matched with those values" }],
] as const;

describe.concurrent("a revocation that the provider does not take", { timeout: 180_000 }, () => {
  it.for(breakdowns)("goes on until it does: %s", async ([account, fault], { expect }) => {
    const { generation } = await client.connect(account);
    const { access_token } = (await client.accessToken(account)).body;
    await client.sandbox.aim(account, [{ ...fault, endpoint: "revoke" }]);

    const answer = await client.revoke(account);
    expect(answer).toMatchObject({ status: 202, body: { status: "revoking", upstream: null } });
    expect(await client.accessToken(account)).toMatchObject({ status: 410, body: { code: "connection_revoked" } });
    expect(await client.refresh(account)).toMatchObject({ status: 410, body: { code: "connection_revoked" } });
    await expect.poll(() => tombstone(account), patience).toMatchObject({ isTombstone: true });
    expect(await client.sandbox.grants(account)).toMatchObject([{ alive: true }]);
    expect((await client.metadata(account)).generation).toBeGreaterThan(generation);

    await client.sandbox.aim(account, []);
    await expect.poll(() => client.metadata(account), patience).toMatchObject({ status: "revoked", reason: null });
    expect(await client.sandbox.grants(account)).toMatchObject([{ alive: false, revoked_by: "revocation-endpoint" }]);
    expect(await client.callApi(access_token)).toBe(401);
    expect(await client.revoke(account)).toMatchObject({ status: 200, body: { upstream: "revoked" } });
    await expect.poll(() => told(account), patience).toEqual(["active", "revoking", "revoked"]);
    await expect
      .poll(async () => (await tombstone(account)).generation, patience)
      .toBe((await client.metadata(account)).generation);
  });
});

/** What the revocation endpoint may make of an answer after it has revoked the grant, and what it is taken for. */
const lostAnswers = [
  ["reset-processed", { kind: "reset", processed: true }, "already_invalid"],
  ["error-502-processed", { kind: "server-error", status: 502, processed: true }, "already_invalid"],
  ["timeout-processed", { kind: "delay", milliseconds: 9_000, processed: true }, "already_invalid"],
  ["cut", { kind: "cut" }, "revoked"],
  ["broken-json", { kind: "broken-json" }, "revoked"],
  ["page-200-processed", { kind: "html", processed: true }, "already_invalid"],
  ["empty-object-processed", { kind: "empty-object", processed: true }, "revoked"],
  ["date-off", { kind: "date-offset", seconds: 86_400 }, "revoked"],
] as const;

describe.concurrent("a revocation whose answer is spoilt", { timeout: 180_000 }, () => {
  it.for(lostAnswers)("ends as what the provider did: %s", async ([account, fault, upstream], { expect }) => {
    await client.connect(account);
    await client.sandbox.aim(account, [{ ...fault, endpoint: "revoke" }]);
    const answer = await client.revoke(account);
    await client.sandbox.aim(account, []);
    expect(answer.status).toBe(upstream === "revoked" ? 200 : 202);
    await expect.poll(() => client.metadata(account), patience).toMatchObject({ status: "revoked" });
    expect(await client.revoke(account)).toMatchObject({ status: 200, body: { status: "revoked", upstream } });
    expect(await client.sandbox.grants(account)).toMatchObject([{ alive: false, revoked_by: "revocation-endpoint" }]);
  });
});

describe("a revocation", { timeout: 180_000 }, () => {
  it("stops waiting where the operator says so, and the provider is not asked again", async () => {
    await client.connect("forced");
    await client.sandbox.aim("forced", [{ kind: "server-error", status: 500, endpoint: "revoke" }]);
    expect((await client.revoke("forced")).status).toBe(202);
    const forced = { status: "revoked", upstream: "abandoned" };
    expect(await client.revoke("forced", { force: true })).toMatchObject({ status: 200, body: forced });
    await client.sandbox.aim("forced", []);
    expect(await client.revoke("forced")).toMatchObject({ status: 200, body: forced });
    expect(await client.sandbox.grants("forced")).toMatchObject([{ alive: true }]);
    await expect.poll(() => told("forced"), patience).toEqual(["active", "revoking", "revoked"]);
  });

  it("of a grant that its user has ended is done at once", async () => {
    await client.connect("ended");
    await client.sandbox.endGrants("ended");
    expect(await client.revoke("ended")).toMatchObject({
      status: 200,
      body: { status: "revoked", upstream: "already_invalid" },
    });
  });

  it("works where the provider wants no Bearer, and in every envelope of its errors", async () => {
    await client.sandbox.settings({ revoke_bearer: "optional", envelope: "bare-array" });
    await client.connect("no-bearer");
    expect(await client.revoke("no-bearer")).toMatchObject({ status: 200, body: { upstream: "revoked" } });
  });

  it.each([
    ["expired-trouble", { kind: "server-error", status: 500 }],
    ["expired-lost", { kind: "reset", processed: true }],
    ["expired-wrong-client", { kind: "wrong-client" }],
    ["expired-limited", { kind: "rate-limit", retry_after: 1 }],
  ])("with an expired access token waits for a refresh: %s", async (account, fault) => {
    const connected = await shortLived(account);
    await client.sandbox.aim(account, [{ ...fault, endpoint: "token", redeems: "refresh_token" }]);
    await expect.poll(() => Date.now(), patience).toBeGreaterThan(Date.parse(connected.expires_at ?? ""));

    expect(await client.revoke(account)).toMatchObject({ status: 202, body: { status: "revoking" } });
    expect((await client.accessToken(account)).status).toBe(410);
    await client.sandbox.aim(account, []);
    await expect.poll(() => client.metadata(account), patience).toMatchObject({ status: "revoked" });
    expect(await client.revoke(account)).toMatchObject({ status: 200, body: { upstream: "revoked" } });
    expect(await client.sandbox.grants(account)).toMatchObject([{ alive: false, revoked_by: "revocation-endpoint" }]);
    await expect.poll(() => tombstone(account), patience).toMatchObject({ isTombstone: true });
  });

  it("is cancelled by a new authorization, and the new grant stays alive", async () => {
    await client.connect("cancelled");
    await client.sandbox.aim("cancelled", [{ kind: "server-error", status: 503, endpoint: "revoke" }]);
    expect((await client.revoke("cancelled")).status).toBe(202);
    expect(await client.connect("cancelled")).toMatchObject({ status: "active", reason: null });
    await client.sandbox.aim("cancelled", []);
    const standing = { status: "active", token: 200, publishedToken: 200, isPublished: true };
    await expect.poll(() => client.standing("cancelled"), patience).toMatchObject(standing);
    expect((await client.refresh("cancelled")).status).toBe(200);
    expect((await client.sandbox.grants("cancelled")).at(-1)).toMatchObject({ alive: true });
  });

  it("can be followed by a new authorization of the same connection", async () => {
    const before = await client.connect("returned");
    const { body } = await client.revoke("returned");
    const after = await client.connect("returned");
    expect(after.created_at).toBe(before.created_at);
    expect(after.generation).toBeGreaterThan(body.generation);
    const standing = { status: "active", token: 200, publishedToken: 200, isPublished: true, liveGrants: 1 };
    await expect.poll(() => client.standing("returned"), patience).toMatchObject(standing);
  });
});

it("redeems no refresh token twice at a time, and follows no redirect with a token in it", async () => {
  const { requests, redemptions } = await client.sandbox.counters();
  expect(redemptions).toMatchObject({ overlapping: 0, maximum_overlap: 1 });
  expect(requests["redirected"]).toBeUndefined();
});

/** A connection whose access token ends soon. */
async function shortLived(account: string): Promise<Metadata> {
  await client.sandbox.settings({ token_seconds: 4 });
  const connected = await client.connect(account);
  await client.sandbox.settings({ token_seconds: 600 });
  return connected;
}

async function tombstone(account: string) {
  const secret = await client.published(account);
  return {
    isTombstone: secret?.access_token === undefined && secret?.revoked_at !== undefined,
    generation: secret?.generation,
  };
}

/** The statuses that an account's events tell of. */
async function told(account: string): Promise<readonly unknown[]> {
  return (await client.statusChanges(account)).map(({ status }) => status);
}
