import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { healthy, rejectedHash, type StackClient, stackClient } from "../support/stack-client.ts";

const patience = { timeout: 60_000, interval: 200 } as const;
const usual = { token_seconds: 600, rotation: "same", grace_seconds: 0, family_revocation: false } as const;
const lostAnswer = { kind: "reset", endpoint: "token", processed: true, times: 1 } as const;

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
  await client.sandbox.faults([]);
  await client.sandbox.settings(usual);
});

/** What becomes of a connection after the answer to a refresh was lost and the refresh token was presented again. */
const policies = [
  ["same", { rotation: "same" }, "active"],
  ["old-still-valid", { rotation: "new-old-still-valid" }, "active"],
  ["grace", { rotation: "new-old-dies", grace_seconds: 300 }, "active"],
  ["grace-family", { rotation: "new-old-dies", grace_seconds: 300, family_revocation: true }, "active"],
  ["single-use", { rotation: "new-old-dies" }, "lost_rotation"],
  ["single-use-family", { rotation: "new-old-dies", family_revocation: true }, "lost_rotation"],
] as const;

describe("a lost answer", { timeout: 120_000 }, () => {
  it.each(policies)("after which the refresh token is presented again: %s", async (account, settings, end) => {
    await client.sandbox.settings(settings);
    await client.connect(account);
    const { generation } = (await client.refresh(account)).body;
    // The second keeps the sweep from finding out before we have looked.
    await client.sandbox.faults([
      { ...lostAnswer, account },
      { kind: "server-error", status: 503, endpoint: "token", account },
    ]);

    expect(await client.refresh(account)).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    const during = { status: "degraded", generation, code: "provider_unavailable" };
    expect(await client.standing(account)).toMatchObject({ ...during, token: 200, liveGrants: 1 });

    await client.sandbox.faults([]);
    const replayed = await client.refresh(account);
    if (end === "active") {
      expect(replayed).toMatchObject({ status: 200, body: { status: "active" } });
      expect(replayed.body.generation).toBeGreaterThan(generation);
    } else {
      expect(replayed).toMatchObject({ status: 409, body: { code: "reauthorization_required" } });
      const dead = { status: "reauthorization_required", reason: end, generation, code: "grant_rejected" };
      expect(await client.standing(account)).toMatchObject({ ...dead, token: "reauthorization_required" });
      expect((await client.connect(account)).generation).toBe(generation + 1);
    }
    await expect
      .poll(() => client.standing(account), patience)
      .toMatchObject({ ...healthy, liveGrants: account === "single-use" ? 2 : 1 });
    expect((await client.refresh(account)).status).toBe(200);
  });

  it("costs a grant that is used once only, and its owner is told", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies", family_revocation: true });
    await client.connect("told");
    await client.sandbox.faults([{ ...lostAnswer, account: "told" }]);
    await client.refresh("told");
    await client.refresh("told");
    await expect
      .poll(async () => (await client.statusChanges("told")).map(({ status, reason }) => [status, reason]), patience)
      .toEqual([
        ["active", null],
        ["degraded", null],
        ["reauthorization_required", "lost_rotation"],
      ]);
    expect(await client.sandbox.grants("told")).toMatchObject([{ alive: false, revoked_by: "reuse" }]);
  });

  it("of a scheduled refresh is made up for by the sweep", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies", grace_seconds: 300, token_seconds: 12 });
    const { generation } = await client.connect("scheduled");
    await client.sandbox.settings({ token_seconds: 600 });
    await client.sandbox.faults([{ ...lostAnswer, account: "scheduled" }]);
    await expect.poll(async () => (await client.sandbox.faults())[0]?.hits, patience).toBe(1);
    await expect
      .poll(() => client.standing("scheduled"), patience)
      .toMatchObject({ ...healthy, outcome: "succeeded", generation: generation + 1 });
  });

  // design.md §4, I4: an attempt whose outcome is unknown is found again. A grace period does not last until a token
  // of 24 hours is due.
  it("of a refresh on demand is made up for by the sweep, long before the token is due", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies", grace_seconds: 60 });
    const { generation } = await client.connect("on-demand");
    await client.sandbox.faults([{ ...lostAnswer, account: "on-demand" }]);
    expect((await client.refresh("on-demand")).status).toBe(503);
    await expect
      .poll(() => client.standing("on-demand"), { timeout: 30_000, interval: 500 })
      .toMatchObject({ ...healthy, generation: generation + 1 });
  });

  // design.md §4: a backoff moves the index key to the backoff's end. Consumers that only read Secrets Manager have
  // nobody else who would replace the rejected token.
  it("or a refusal, after a reader has reported a rejected token, is made up for when the backoff is over", async () => {
    await client.connect("reported");
    const { access_token } = (await client.accessToken("reported")).body;
    await client.sandbox.faults([
      { kind: "server-error", status: 503, endpoint: "token", account: "reported", times: 1 },
    ]);
    const report = await client.accessToken("reported", { rejected: rejectedHash(access_token) });
    expect(report).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    await expect
      .poll(async () => (await client.published("reported"))?.access_token, { timeout: 30_000, interval: 500 })
      .not.toBe(access_token);
  });

  it("of a request that takes effect after we gave up loses nothing where the replay was faster", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies" });
    const { generation } = await client.connect("late-effect");
    await client.sandbox.faults([
      { kind: "delay", milliseconds: 15_000, endpoint: "token", account: "late-effect", times: 1 },
    ]);
    expect((await client.refresh("late-effect")).status).toBe(503);
    await expect.poll(async () => (await client.metadata("late-effect")).generation, patience).toBe(generation + 1);
    await expect
      .poll(async () => (await client.sandbox.log({ account: "late-effect" })).map(({ outcome }) => outcome), patience)
      .toContain("dead-refresh-token");
    expect((await client.refresh("late-effect")).body.generation).toBe(generation + 2);
    await expect.poll(() => client.standing("late-effect"), patience).toMatchObject(healthy);
  });
});

describe("a refusal of a refresh token that is good", { timeout: 120_000 }, () => {
  const refusal = { kind: "invalid-refresh-token", endpoint: "token" } as const;

  it("is not believed before the one before it was tried as well", async () => {
    await client.sandbox.settings({ rotation: "new-old-still-valid" });
    const account = "fallback";
    await client.connect(account);
    const { generation } = (await client.refresh(account)).body;
    const seen = (await client.sandbox.log({ last: 1 })).at(-1)?.number ?? 0;
    await client.sandbox.faults([{ ...refusal, account, times: 1 }]);

    expect(await client.refresh(account)).toMatchObject({ status: 200, body: { generation: generation + 1 } });
    const presented = await client.sandbox.log({ after: seen, endpoint: "token", account });
    expect(new Set(presented.map((entry) => entry.presented_hash)).size).toBe(2);
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
  });

  it("is believed where there is no other, and taken back by an operator's refresh", async () => {
    const account = "taken-back";
    const { generation } = await client.connect(account);
    await client.sandbox.faults([{ ...refusal, account }]);
    expect((await client.refresh(account)).status).toBe(409);
    const dead = { status: "reauthorization_required", reason: "grant_rejected", generation };
    expect(await client.metadata(account)).toMatchObject(dead);

    await client.sandbox.faults([]);
    expect(await client.refresh(account)).toMatchObject({ status: 200, body: { status: "active", reason: null } });
    await expect
      .poll(() => client.standing(account), patience)
      .toMatchObject({ ...healthy, generation: generation + 1 });
  });
});

describe("an answer that cannot be used but rotated the refresh token", { timeout: 120_000 }, () => {
  it.each([
    ["no-life", { kind: "expires-in", value: 0 }],
    ["negative-life", { kind: "expires-in", value: -1 }],
    ["no-number", { kind: "expires-in", value: "soon" }],
  ])("is kept for the refresh token in it: %s", async (account, fault) => {
    await client.sandbox.settings({ rotation: "new-old-dies", family_revocation: true });
    const { generation } = await client.connect(account);
    await client.sandbox.faults([{ ...fault, endpoint: "token", account, times: 1 }]);

    await client.refresh(account);
    const kept = { status: "degraded", generation: generation + 1, outcome: "failed" };
    await expect
      .poll(() => client.standing(account), patience)
      .toMatchObject({ ...kept, token: 200, publishedToken: 200, isPublished: true, liveGrants: 1 });

    expect((await client.refresh(account)).body.generation).toBe(generation + 2);
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
  });

  it("is a failure to the operator who asked for it", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies" });
    await client.connect("asked-for");
    await client.sandbox.faults([{ kind: "expires-in", value: 0, endpoint: "token", account: "asked-for" }]);
    expect(await client.refresh("asked-for")).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
  });

  // design.md §4, I6: a token with the life asked for, or an error; never one known to be expired.
  it("gives a reader no expired token", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies", token_seconds: 5 });
    const account = "expired";
    const { expires_at } = await client.connect(account);
    await client.sandbox.faults([{ kind: "expires-in", value: 0, endpoint: "token", account }]);
    await expect.poll(() => Date.now(), patience).toBeGreaterThan(Date.parse(expires_at ?? "") + 100);
    for (let reads = 0; reads < 20; reads++) {
      const askedAt = Date.now();
      const { status, body } = await client.accessToken(account);
      if (status === 200) expect(Date.parse(body.expires_at)).toBeGreaterThan(askedAt);
      await wait(250);
    }
  });

  it("gives a reader who reports a rejected token not the same one again", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies" });
    await client.connect("again");
    const { access_token } = (await client.accessToken("again")).body;
    await client.sandbox.faults([{ kind: "expires-in", value: 0, endpoint: "token", account: "again", times: 1 }]);
    const report = await client.accessToken("again", { rejected: rejectedHash(access_token) });
    expect(report.body.access_token).not.toBe(access_token);
    expect(report).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
  });

  it("keeps the refresh token where the answer brings none", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies", family_revocation: true });
    const { generation } = await client.connect("none-brought");
    await client.sandbox.faults([{ kind: "no-refresh-token", endpoint: "token", account: "none-brought", times: 1 }]);
    await client.refresh("none-brought");
    expect((await client.refresh("none-brought")).body.generation).toBe(generation + 2);
    await expect.poll(() => client.standing("none-brought"), patience).toMatchObject(healthy);
  });
});

it("redeems no refresh token twice at a time, whatever is lost", async () => {
  expect((await client.sandbox.counters()).redemptions).toMatchObject({ overlapping: 0, maximum_overlap: 1 });
});
