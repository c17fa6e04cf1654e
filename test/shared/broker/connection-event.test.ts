import { describe, expect, it } from "vitest";
import type { Connection } from "../../../shared/broker/connection.ts";
import { answers, type BrokerWorld, brokerWorld } from "../../support/broker-world.ts";

/** Every change that was told, once, in order: its name, the statuses before and after it, and who made it. */
function told(world: BrokerWorld) {
  const changes = [...new Map(world.events.sent.map(({ event }) => [event.id, event])).values()];
  return changes.map(({ name, previousStatus, status, actor }) => [name, previousStatus, status, actor]);
}

const lastOf = (world: BrokerWorld) => world.events.sent.at(-1)?.event;

async function authorize(world: BrokerWorld): Promise<void> {
  world.clock.advance(1);
  const callback = await world.authorizing(await world.ticket());
  await callback({ code: world.server.code() });
}

const ticket = expect.stringMatching(/^ticket:[0-9a-f]{12}$/);

/** Brings a connected account into a status. */
const into: Readonly<Record<Connection["status"], (world: BrokerWorld) => Promise<unknown>>> = {
  unconnected: async () => undefined,
  active: (world) => world.connect(),
  degraded: async (world) => {
    await world.connect();
    world.server.script.push(answers.html);
    await world.refreshNow().catch(() => undefined);
  },
  reauthorization_required: async (world) => {
    await world.connect();
    world.server.script.push(answers.deadGrant);
    await world.refreshNow().catch(() => undefined);
  },
  revoking: async (world) => {
    await world.connect();
    world.server.revocationAnswer = () => new Response(null, { status: 503 });
    await world.revoke();
    world.server.revocationAnswer = undefined;
  },
  revoked: async (world) => {
    await world.connect();
    await world.revoke();
  },
};

async function worldIn(status: Connection["status"]): Promise<BrokerWorld> {
  const world = brokerWorld();
  await into[status](world);
  if (status !== "unconnected") expect(world.stored().status).toBe(status);
  return world;
}

const statuses = Object.keys(into) as readonly Connection["status"][];

describe("connection.authorized", () => {
  it.each(statuses)("tells of an authorization of what is %s, once", async (status) => {
    const world = await worldIn(status);
    const before = told(world).length;
    await authorize(world);
    const previous = status === "unconnected" ? null : status;
    expect(told(world).slice(before)).toEqual([["connection.authorized", previous, "active", ticket]]);
  });

  it.each(statuses)("tells of a refresh token that is handed in for what is %s, once", async (status) => {
    const world = await worldIn(status);
    const before = told(world).length;
    await world.import(world.server.grant().refreshToken);
    const previous = status === "unconnected" ? null : status;
    expect(told(world).slice(before)).toEqual([["connection.authorized", previous, "active", "tester"]]);
  });

  it("is not told of a refresh token that is the stored one, nor of one that is refused", async () => {
    const world = brokerWorld();
    const { grant } = await world.connect();
    await world.import(grant.refreshToken);
    await world.import("some-other-refresh-token").catch(() => undefined);
    expect(told(world)).toEqual([["connection.authorized", null, "active", "tester"]]);
  });

  it("tells that the connection is degraded where the access token could not be used, and nothing beside it", async () => {
    const world = brokerWorld();
    world.server.script.push(answers.withoutAccessToken);
    await authorize(world);
    expect(told(world)).toEqual([["connection.authorized", null, "degraded", ticket]]);
    expect(lastOf(world)).toMatchObject({ code: "provider_unavailable", reason: null });
    await world.sweepLater();
    expect(told(world).slice(1)).toEqual([["connection.recovered", "degraded", "active", "schedule"]]);
  });

  it("has one id where the commit's reply was lost and it was written again", async () => {
    const world = brokerWorld();
    world.faults.loseReply("connections.write");
    await authorize(world);
    expect(told(world)).toEqual([["connection.authorized", null, "active", ticket]]);
    expect(world.stored()).toMatchObject({ generation: 1, owed: {} });
  });
});

describe("connection.degraded", () => {
  it("tells once what a refresh failed with, however often it fails", async () => {
    const world = await worldIn("degraded");
    world.server.script.push(answers.lost);
    await world.refreshNow().catch(() => undefined);
    expect(told(world).slice(1)).toEqual([["connection.degraded", "active", "degraded", "tester"]]);
    expect(lastOf(world)).toMatchObject({ code: "provider_unavailable", generation: 1 });
  });

  it("tells of a fault on our side as such", async () => {
    const world = brokerWorld();
    await world.connect();
    world.faults.failNext("vault.openKey");
    await world.refreshNow().catch(() => undefined);
    expect(lastOf(world)).toMatchObject({ name: "connection.degraded", code: "internal_error" });
  });

  it("tells of a grant that was believed dead and is not, where the access token cannot be used yet", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    await into.reauthorization_required(world);
    world.server.script.push(answers.withoutAccessToken);
    await world.refreshNow().catch(() => undefined);
    expect(told(world).at(-1)).toEqual(["connection.degraded", "reauthorization_required", "degraded", "tester"]);
  });
});

describe("connection.recovered", () => {
  it.each(["degraded", "reauthorization_required"] as const)("tells of a refresh of what was %s", async (status) => {
    const world = await worldIn(status);
    await world.refreshNow();
    expect(told(world).at(-1)).toEqual(["connection.recovered", status, "active", "tester"]);
    expect(lastOf(world)).toMatchObject({ code: null, reason: null, generation: 2 });
  });

  it("is not told of a refresh of what is active", async () => {
    const world = await worldIn("active");
    await world.refreshNow();
    expect(told(world)).toEqual([["connection.authorized", null, "active", "tester"]]);
  });
});

describe("connection.reauthorization_required", () => {
  it("tells once that the provider ended the grant", async () => {
    const world = await worldIn("reauthorization_required");
    world.server.script.push(answers.deadGrant);
    await world.refreshNow().catch(() => undefined);
    expect(told(world).slice(1)).toEqual([
      ["connection.reauthorization_required", "active", "reauthorization_required", "tester"],
    ]);
    expect(lastOf(world)).toMatchObject({ reason: "grant_rejected", generation: 1 });
  });

  it("tells where the grant was lost with an answer", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    await world.connect();
    world.server.script.push(answers.lost);
    await world.refreshNow().catch(() => undefined);
    await world.refreshNow().catch(() => undefined);
    expect(lastOf(world)).toMatchObject({
      name: "connection.reauthorization_required",
      previousStatus: "degraded",
      reason: "lost_rotation",
    });
  });
});

describe("connection.revoking and connection.revoked", () => {
  it("tell who asked, and what the provider made of it", async () => {
    const world = await worldIn("revoked");
    expect(told(world).slice(1)).toEqual([
      ["connection.revoking", "active", "revoking", "tester"],
      ["connection.revoked", "revoking", "revoked", "tester"],
    ]);
    expect(world.events.sent.map(({ event }) => event.upstream)).toEqual([null, null, "revoked"]);
  });

  it("are signed by the schedule where a sweep got the provider's answer", async () => {
    const world = await worldIn("revoking");
    await world.sweepLater();
    expect(told(world).at(-1)).toEqual(["connection.revoked", "revoking", "revoked", "schedule"]);
  });

  it("tell that the provider was not waited for", async () => {
    const world = await worldIn("revoking");
    world.server.revocationAnswer = () => new Response(null, { status: 503 });
    await world.revoke({ force: true });
    expect(lastOf(world)).toMatchObject({ name: "connection.revoked", upstream: "abandoned" });
  });
});
