import { describe, expect, it } from "vitest";
import { afterConflict, isOtherAccount } from "../../../shared/broker/commit.ts";
import type { Consumed } from "../../../shared/broker/commit-write.ts";
import { type Candidate, type Connection, unwrittenConnection } from "../../../shared/broker/connection.ts";
import { acme, brokerWorld, startedAt as now } from "../../support/broker-world.ts";

const candidate: Candidate = {
  id: "mine",
  refreshToken: { jwe: "jwe", dataKey: "key" },
  origin: "https://api.rd.services",
  actor: "tester",
  requestedAt: now,
  unknown: false,
  refused: false,
  tries: 0,
  retryAt: 0,
};
const active: Connection = {
  ...unwrittenConnection(acme, "", now),
  status: "active",
  generation: 7,
  sequence: 20,
  label: "Acme",
};
const revocation = { id: "operator", revokedGeneration: 7, upstream: null, actor: "tester" };
const revoking: Connection = { ...active, status: "revoking", generation: 8, revokedAt: now, revocation };
const revoked: Connection = { ...revoking, status: "revoked" };

const refresh: Consumed = { kind: "generation", generation: 7 };
const late: Consumed = { kind: "revoked-generation", generation: 7 };
const imported: Consumed = { kind: "candidate", candidate };
const code: Extract<Consumed, { kind: "code" }> = {
  kind: "code",
  ticketHash: "ticket",
  ticketIssuedAt: now,
  label: "Acme",
  origin: "",
  anyAccount: false,
  leaseId: undefined,
};

describe("a token set whose commit met another write", () => {
  it.each<[string, Consumed, Connection | undefined, string]>([
    [
      "a refresh meets its own generation with another status",
      refresh,
      { ...active, status: "reauthorization_required" },
      "again",
    ],
    ["a refresh meets a newer generation", refresh, { ...active, generation: 8 }, "superseded"],
    ["a refresh meets nothing", refresh, undefined, "superseded"],
    ["a refresh meets the revocation of its own generation", refresh, revoking, "again"],
    [
      "a refresh meets the revocation of a later generation",
      refresh,
      { ...revoking, revocation: { ...revocation, revokedGeneration: 8 } },
      "revoked",
    ],
    [
      "a refresh meets a revocation that has its successor already",
      refresh,
      { ...revoking, revocation: { ...revocation, revokedGeneration: null } },
      "revoked",
    ],
    ["a refresh meets a revoked connection", refresh, revoked, "revoked"],
    [
      "a refresh meets a new authorization after a revocation",
      refresh,
      { ...active, generation: 9, revokedAt: now },
      "superseded",
    ],
    [
      "a refresh of a connection that is being revoked meets its own generation",
      { kind: "generation", generation: 8 },
      revoking,
      "again",
    ],
    [
      "a refresh of a connection that is being revoked meets the end of it",
      { kind: "generation", generation: 8 },
      revoked,
      "revoked",
    ],
    ["a late refresh meets the same revocation", late, { ...revoking, generation: 9 }, "again"],
    ["a late refresh meets the end of the revocation", late, revoked, "revoked"],
    ["a late refresh meets a new authorization", late, { ...active, generation: 9 }, "superseded"],
    ["a candidate meets a refreshed connection", imported, { ...active, generation: 8, candidate }, "again"],
    ["a candidate meets a revoked connection that still holds it", imported, { ...revoked, candidate }, "again"],
    [
      "a candidate meets another candidate",
      imported,
      { ...active, candidate: { ...candidate, id: "other" } },
      "superseded",
    ],
    ["a candidate meets a new authorization", imported, { ...active, generation: 8 }, "superseded"],
    ["a candidate meets a revocation that dropped it", imported, revoking, "revoked"],
    ["a code meets a refreshed connection", code, { ...active, generation: 8 }, "again"],
    [
      "a code meets one that came with the same ticket",
      code,
      { ...active, generation: 8, ticketHash: "ticket" },
      "ticket-spent",
    ],
    [
      "a code meets one that came with another ticket",
      code,
      { ...active, generation: 8, ticketHash: "other" },
      "again",
    ],
    ["a code meets another account", code, { ...active, label: "Somebody else" }, "wrong-account"],
    ["a code meets a revocation from before its ticket", code, { ...revoked, revokedAt: now - 1 }, "again"],
    ["a code meets a revocation from after its ticket", code, { ...revoking, revokedAt: now + 1 }, "ticket-outdated"],
    ["a code meets a revocation from the same moment", code, revoked, "ticket-outdated"],
  ])("%s", (_, consumed, found, kind) => {
    expect(afterConflict(consumed, found).kind).toBe(kind);
  });

  it("goes to a connection that is being revoked as the successor of the revoked generation", () => {
    expect(afterConflict(refresh, revoking)).toMatchObject({ consumed: { kind: "revoked-generation", generation: 7 } });
  });
});

describe("another account", () => {
  it("is one that the provider calls by another name", () => {
    expect(isOtherAccount(active, { ...code, label: "Somebody else" })).toBe(true);
    expect(isOtherAccount(active, code)).toBe(false);
  });

  it("is nobody's where a name is missing, or where the ticket allows it", () => {
    expect(isOtherAccount({ ...active, label: null }, code)).toBe(false);
    expect(isOtherAccount(active, { ...code, label: null })).toBe(false);
    expect(isOtherAccount(active, { ...code, label: "Somebody else", anyAccount: true })).toBe(false);
  });
});

describe("a commit", () => {
  it("whose reply was lost is recognised by its attempt's id", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    await world.connect();
    world.faults.loseReply("connections.write", { skip: 1 });
    const connection = await world.refreshNow();
    expect(connection).toMatchObject({ generation: 2, status: "active" });
    expect(world.stored()).toMatchObject({ generation: 2, lastRefresh: { outcome: "succeeded" } });
    expect(world.server.redemptions).toHaveLength(2);
  });

  it("goes on trying for three seconds while the store is away", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    await world.connect();
    world.faults.after("fetch", async () => world.faults.outage("connections.write", 2_500));
    await world.refreshNow();
    expect(world.stored().generation).toBe(2);
  });

  it("is loud where the store stays away, and leaves the attempt open for the next sweep", async () => {
    const world = brokerWorld();
    await world.connect();
    world.faults.after("fetch", async () => world.faults.outage("connections.write", 10_000));
    await expect(world.refreshNow()).rejects.toMatchObject({ code: "internal_error" });
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({
        level: "error",
        fields: expect.objectContaining({ unknown: true, error: "StoreDown" }),
      }),
    );
    expect(world.stored().attempt).toMatchObject({ ended: false });
    world.until(world.stored().refreshAt);
    await world.sweep();
    expect(world.stored()).toMatchObject({ generation: 2, status: "active" });
  });

  it("is made on top of whatever happened to the same generation, however late it comes", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    await world.connect();
    const frozen = world.faults.freeze("connections.write", "before", { skip: 1 });
    const late = world.refreshNow();
    await frozen.reached;
    world.clock.advance(18_000);
    await expect(world.refreshNow()).rejects.toMatchObject({ code: "reauthorization_required" });
    frozen.release();
    await late;
    expect(world.stored()).toMatchObject({ status: "active", generation: 2, reason: null });
    expect(world.told()).toEqual(["active", "reauthorization_required", "active"]);
  });
});
