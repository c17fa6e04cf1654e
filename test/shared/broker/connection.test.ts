import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Attempt,
  type Candidate,
  type Connection,
  crashedAttempt,
  dueAt,
  isLeased,
  needsReplay,
  unwrittenConnection,
} from "../../../shared/broker/connection.ts";
import { acme, startedAt as now } from "../../support/broker-world.ts";

const active: Connection = {
  ...unwrittenConnection(acme, "https://api.rd.services", now),
  status: "active",
  generation: 1,
  sequence: 2,
  refreshAt: now + 1_000,
};
const retry = { at: now + 500, code: "provider_unavailable" } as const;
const lateRetry = { ...retry, at: now + 1_500 };
const attempt: Attempt = { id: "a", kind: "refresh", generation: 1, leaseUntil: now + 17_000, ended: false };
const ended: Attempt = { ...attempt, ended: true };
const candidate: Candidate = {
  id: "c",
  refreshToken: { jwe: "jwe", dataKey: "key" },
  origin: "https://api.rd.services",
  actor: "tester",
  requestedAt: now,
  unknown: true,
  refused: false,
  tries: 1,
  retryAt: now + 700,
};
const publish = { "publish-1": { kind: "publish", since: now - 59_000 } } as const;

describe("the time at which a sweep has to look", () => {
  it.each<[string, Partial<Connection>, number | null]>([
    ["the refresh of an active connection", {}, now + 1_000],
    ["the refresh of a degraded one", { status: "degraded" }, now + 1_000],
    ["the end of a backoff that is later", { retry: lateRetry }, now + 1_500],
    ["the refresh, where the backoff ends before it", { retry }, now + 1_000],
    ["the end of a lease, and nothing of what it covers", { attempt, candidate, refreshAt: 0 }, now + 17_000],
    ["what it was before, once the attempt has ended", { attempt: ended }, now + 1_000],
    ["the end of the backoff, where the outcome is unknown", { unknown: true, retry }, now + 500],
    ["at once, where it is unknown and nothing forbids to look", { unknown: true }, 0],
    [
      "the end of the backoff of an operator's try on a dead grant",
      { status: "reauthorization_required", unknown: true, retry },
      now + 500,
    ],
    ["a candidate's next try", { candidate }, now + 700],
    ["a candidate's next try where nothing was ever connected", { status: "unconnected", candidate }, now + 700],
    ["a minute after a debt was made", { owed: publish }, now + 1_000],
    ["a minute after a debt was made, also under a lease", { owed: publish, attempt }, now + 1_000],
    ["the end of a revocation's backoff", { status: "revoking", revokedAt: now - 1, retry }, now + 500],
    ["at once, where a revocation has not been tried", { status: "revoking", revokedAt: now - 1 }, now - 1],
    ["never, once revoked", { status: "revoked", revokedAt: now }, null],
    ["never, once only a person can help", { status: "reauthorization_required" }, null],
    ["never, where nothing is left of a candidate", { status: "unconnected", attempt: ended }, null],
    ["its debts, once revoked", { status: "revoked", owed: publish }, now + 1_000],
  ])("is %s", (_, changes, expected) => {
    expect(dueAt({ ...active, ...changes })).toBe(expected);
  });

  it("is never later than what is owed, leased or waiting", () => {
    const times = fc.integer({ min: 0, max: 10 ** 6 }).map((offset) => now + offset);
    fc.assert(
      fc.property(
        fc.constantFrom("active", "degraded", "revoking", "revoked", "reauthorization_required", "unconnected"),
        fc.option(times),
        fc.option(times),
        fc.option(times),
        (status, since, leaseUntil, retryAt) => {
          const owed = since === null ? {} : { debt: { kind: "publish", since } as const };
          const key = dueAt({
            ...active,
            status,
            owed,
            attempt: leaseUntil === null ? null : { ...attempt, leaseUntil },
            candidate: retryAt === null ? null : { ...candidate, retryAt },
          });
          if (since !== null) expect(key).toBeLessThanOrEqual(since + 60_000);
          if (leaseUntil !== null) expect(key).toBeLessThanOrEqual(leaseUntil);
          else if (retryAt !== null) expect(key).toBeLessThanOrEqual(retryAt);
        },
      ),
    );
  });
});

describe("a lease", () => {
  it("lives until its end, or until the attempt has ended", () => {
    expect(isLeased({ ...active, attempt }, attempt.leaseUntil - 1)).toBe(true);
    expect(isLeased({ ...active, attempt }, attempt.leaseUntil)).toBe(false);
    expect(isLeased({ ...active, attempt: ended }, now)).toBe(false);
    expect(isLeased(active, now)).toBe(false);
  });

  it("that is over without the attempt having ended tells of a crash", () => {
    expect(crashedAttempt({ ...active, attempt }, attempt.leaseUntil)).toEqual(attempt);
    expect(crashedAttempt({ ...active, attempt }, attempt.leaseUntil - 1)).toBeUndefined();
    expect(crashedAttempt({ ...active, attempt: ended }, attempt.leaseUntil)).toBeUndefined();
    expect(crashedAttempt(active, now)).toBeUndefined();
  });
});

describe("a refresh token that may be spent", () => {
  const over = attempt.leaseUntil;

  it.each<[string, Partial<Connection>, boolean]>([
    ["is what an unknown outcome leaves", { unknown: true }, true],
    ["is what a crashed refresh leaves", { attempt }, true],
    ["is not what one leaves that is under way", { attempt: { ...attempt, leaseUntil: over + 1 } }, false],
    ["is not what one leaves that ended", { attempt: ended }, false],
    ["is not what one leaves whose generation is gone", { attempt, generation: 2 }, false],
    ["is not what an attempt on something else leaves", { attempt: { ...attempt, kind: "candidate" } }, false],
    ["is not what nobody touched", {}, false],
  ])("%s", (_, changes, expected) => {
    expect(needsReplay({ ...active, ...changes }, over)).toBe(expected);
  });
});
