import { describe, expect, it } from "vitest";
import { type Connection, unwrittenConnection } from "../../../shared/broker/connection.ts";
import { type Demand, hasLife, refreshDecision } from "../../../shared/broker/refresh-decision.ts";
import { acme, startedAt as now } from "../../support/broker-world.ts";

const schedule: Demand = { kind: "schedule" };
const minute = 60_000;

/** Half of its hour has passed; due in a quarter of an hour. */
const healthy: Connection = {
  ...unwrittenConnection(acme, "https://api.rd.services", now - 30 * minute),
  status: "active",
  generation: 7,
  sequence: 20,
  tokens: { jwe: "jwe", dataKey: "key" },
  issuedAt: now - 30 * minute,
  expiresAt: now + 30 * minute,
  refreshAt: now + 15 * minute,
  committedBy: "somebody",
};
const live = { id: "other", kind: "refresh", generation: 7, leaseUntil: now + 1, ended: false } as const;
const due = { ...healthy, refreshAt: now };
const backingOff = { ...due, retry: { at: now + 1, code: "provider_unavailable" } } as const;

function reader(minimumMilliseconds: number): Demand {
  return { kind: "reader", minimumMilliseconds };
}

function rejected(generation: number): Demand {
  return { kind: "rejected", generation, minimumMilliseconds: minute };
}

function operator(generation: number): Demand {
  return { kind: "operator", generation };
}

describe("a connection that is not there", () => {
  it.each([schedule, reader(1), rejected(0), operator(0)])("is absent to %o", (demand) => {
    expect(refreshDecision(undefined, now, demand)).toEqual({ kind: "absent" });
    expect(refreshDecision(unwrittenConnection(acme, "", now), now, demand)).toEqual({ kind: "absent" });
  });
});

describe("a connection whose grant is over", () => {
  it.each([schedule, reader(1), rejected(7), operator(7)])("is revoked to %o, whatever else it holds", (demand) => {
    for (const status of ["revoking", "revoked"] as const) {
      const connection: Connection = { ...backingOff, status, attempt: live };
      expect(refreshDecision(connection, now, demand)).toEqual({ kind: "revoked" });
    }
  });

  it.each([schedule, reader(1), rejected(7)])("is dead to %o, also while its token lives", (demand) => {
    const connection: Connection = { ...healthy, status: "reauthorization_required", reason: "lost_rotation" };
    expect(refreshDecision(connection, now, demand)).toEqual({ kind: "dead", reason: "lost_rotation" });
  });

  it("is tried once more for an operator", () => {
    const connection: Connection = { ...healthy, status: "reauthorization_required", reason: "grant_rejected" };
    expect(refreshDecision(connection, now, operator(7))).toEqual({ kind: "due" });
  });
});

describe.each<[string, Demand, Connection, Connection]>([
  ["a schedule", schedule, { ...healthy, refreshAt: now + 1 }, { ...healthy, refreshAt: now }],
  ["a reader", reader(minute), { ...healthy, expiresAt: now + minute }, { ...healthy, expiresAt: now + minute - 1 }],
  ["a reader who asks for nothing", reader(0), { ...healthy, expiresAt: now + 1 }, { ...healthy, expiresAt: now }],
  ["a reader of a rejected token", rejected(6), healthy, { ...healthy, generation: 6 }],
  ["a reader of a token rejected since", rejected(6), healthy, { ...healthy, expiresAt: now + minute - 1 }],
  ["an operator", operator(6), healthy, { ...healthy, generation: 6 }],
])("%s", (_, demand, enough, tooLittle) => {
  it("takes what will do", () => {
    expect(refreshDecision(enough, now, demand)).toEqual({ kind: "fresh" });
    expect(refreshDecision({ ...enough, attempt: live }, now, demand)).toEqual({ kind: "fresh" });
    expect(refreshDecision({ ...enough, retry: backingOff.retry }, now, demand)).toEqual({ kind: "fresh" });
  });

  it("has it refreshed otherwise", () => {
    expect(refreshDecision(tooLittle, now, demand)).toEqual({ kind: "due" });
    expect(refreshDecision({ ...tooLittle, status: "degraded" }, now, demand)).toEqual({ kind: "due" });
  });

  it("waits while somebody holds the lease, and not a moment longer", () => {
    expect(refreshDecision({ ...tooLittle, attempt: live }, now, demand)).toEqual({ kind: "leased", until: now + 1 });
    expect(refreshDecision({ ...tooLittle, attempt: live }, now + 1, demand).kind).not.toBe("leased");
    expect(refreshDecision({ ...tooLittle, attempt: { ...live, ended: true } }, now, demand)).toEqual({ kind: "due" });
  });

  it("does not override a backoff, unless it is an operator", () => {
    const decision = refreshDecision({ ...tooLittle, retry: backingOff.retry }, now, demand);
    const expected = { kind: "backing-off", until: now + 1, code: "provider_unavailable" };
    expect(decision).toEqual(demand.kind === "operator" ? { kind: "due" } : expected);
    expect(refreshDecision({ ...tooLittle, retry: { ...backingOff.retry, at: now } }, now, demand).kind).toBe("due");
  });
});

describe("a token that came from a rejection", () => {
  const fromRejected: Connection = { ...healthy, fromRejected: true, issuedAt: now - minute + 1 };

  it("is not refreshed for another rejection in the same minute", () => {
    expect(refreshDecision(fromRejected, now, rejected(7))).toEqual({ kind: "just-issued", until: now + 1 });
    expect(refreshDecision(fromRejected, now + 1, rejected(7))).toEqual({ kind: "due" });
  });

  it("is refreshed for everybody else", () => {
    expect(refreshDecision(fromRejected, now, operator(7))).toEqual({ kind: "due" });
    expect(refreshDecision({ ...fromRejected, refreshAt: now }, now, schedule)).toEqual({ kind: "due" });
    expect(refreshDecision({ ...fromRejected, fromRejected: false }, now, rejected(7))).toEqual({ kind: "due" });
  });
});

describe("life", () => {
  it("is what is left until the expiry, and never enough at the expiry itself", () => {
    expect(hasLife({ ...healthy, expiresAt: now + 5 }, now, 5)).toBe(true);
    expect(hasLife({ ...healthy, expiresAt: now + 5 }, now, 6)).toBe(false);
    expect(hasLife({ ...healthy, expiresAt: now }, now, 0)).toBe(false);
    expect(hasLife({ ...healthy, expiresAt: null }, now, 0)).toBe(false);
  });
});
