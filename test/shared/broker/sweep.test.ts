import { describe, expect, it } from "vitest";
import { setLabel } from "../../../shared/broker/bookkeeping-writes.ts";
import { discharge } from "../../../shared/broker/discharge.ts";
import { soundHealth } from "../../../shared/broker/provider-health.ts";
import { sweep } from "../../../shared/broker/sweep.ts";
import { acme, answers, brokerWorld } from "../../support/broker-world.ts";

const noon = { by: "somebody", actor: "somebody", now: 0 };

async function many(count: number) {
  const world = brokerWorld();
  for (let account = 0; account < count; account++) await world.connect(`rd-station/tenant-${account}`);
  world.clock.advance(22 * 3_600_000);
  world.server.redemptions.length = 0;
  return world;
}

describe("a sweep", () => {
  it("does nothing where nothing is due, with one look at the provider's health and one question to the index", async () => {
    const world = brokerWorld();
    await world.connect();
    world.faults.calls.length = 0;
    expect(await world.sweep()).toEqual({ attended: 0, failed: 0 });
    expect(world.faults.calls).toEqual(["providerHealth.read", "connections.due"]);
  });

  it("refreshes what is due with one read and three writes of the connection", async () => {
    const world = brokerWorld();
    await world.connect();
    world.until(world.stored().refreshAt);
    world.faults.calls.length = 0;
    await world.sweep();
    const count = (call: string) => world.faults.calls.filter((made) => made === call).length;
    expect(count("connections.read")).toBe(1);
    expect(count("connections.write") + count("connections.discharge")).toBe(3);
    expect(count("vault.openKey")).toBe(1);
    expect(count("fetch")).toBe(1);
    expect(count("publisher.publish")).toBe(1);
  });

  it("attends to all that is due, 32 at a time", async () => {
    const world = await many(200);
    world.server.latency = 100;
    const begun = world.clock.now();
    expect(await world.sweep()).toEqual({ attended: 200, failed: 0 });
    expect(world.server.redemptions).toHaveLength(200);
    expect(world.clock.now() - begun).toBeGreaterThanOrEqual(700);
    expect(world.clock.now() - begun).toBeLessThan(2_000);
  });

  it("leaves due what it could not begin before its end", async () => {
    const world = await many(100);
    world.server.latency = 5_000;
    const result = await sweep(world.ports, { actor: "schedule", endsAt: world.clock.now() + 19_000 });
    expect(result.attended).toBe(32);
    expect(world.server.redemptions).toHaveLength(32);
    expect((await world.sweep()).attended).toBe(68);
  });

  it("begins nothing where it has no time for one attempt", async () => {
    const world = await many(1);
    expect(await sweep(world.ports, { actor: "schedule", endsAt: world.clock.now() + 14_999 })).toEqual({
      attended: 0,
      failed: 0,
    });
  });

  it("is not held up by one connection that cannot be attended to", async () => {
    const world = await many(3);
    world.faults.failNext("connections.read");
    expect(await world.sweep()).toEqual({ attended: 3, failed: 1 });
    expect(world.server.redemptions).toHaveLength(2);
    expect((await world.sweep()).attended).toBe(1);
  });

  it("by two at once redeems each refresh token once", async () => {
    const world = await many(50);
    world.server.latency = 200;
    await Promise.all([world.sweep(), world.sweep()]);
    expect(world.server.redemptions).toHaveLength(50);
    expect(world.server.overlaps).toBe(0);
  });

  it("attends to each connection once at most", async () => {
    const world = await many(2);
    world.server.script.push(answers.html, answers.html, answers.html, answers.html);
    await world.sweep();
    expect(world.server.redemptions).toHaveLength(2);
  });

  it("does not wait for an endpoint of one connection's own that wants to be left alone", async () => {
    const world = await many(3);
    const origin = "https://customer.example";
    const own = world.stored("rd-station/tenant-0");
    const write = setLabel(own, "Customer", noon);
    await world.connections.write(own.id, { ...write, set: { ...write.set, origin }, dueAt: 0 });
    const limited = { at: world.clock.now(), until: world.clock.now() + 30_000 };
    await world.providerHealth.write({ ...soundHealth("rd-station", origin), sequence: 1, limited });
    const begun = world.clock.now();
    expect(await world.sweep()).toEqual({ attended: 3, failed: 0 });
    expect(world.clock.now()).toBe(begun);
    expect(world.server.redemptions).toHaveLength(2);
    world.clock.advance(30_000);
    await world.sweep();
    expect(world.server.redemptions).toHaveLength(3);
  });

  it("does not wait for another's lease", async () => {
    const world = brokerWorld();
    await world.connect();
    world.expire();
    const died = world.faults.freeze("fetch", "before");
    void world.read();
    await died.reached;
    const begun = world.clock.now();
    await world.sweep();
    expect(world.clock.now()).toBe(begun);
    expect(world.server.redemptions).toHaveLength(1);
  });

  it("decides on the record and not on the index, which may be stale", async () => {
    const world = brokerWorld();
    const { connection } = await world.connect();
    await world.connections.write(acme, { ...setLabel(connection, "Acme", noon), dueAt: 0 });
    await world.sweep();
    expect(world.server.redemptions).toHaveLength(1);
  });

  it("sets a key right that was left too early, and does not come back to it", async () => {
    const world = brokerWorld();
    world.faults.failNext("publisher.publish");
    world.faults.failNext("events.send");
    const { connection } = await world.connect();
    // Two discharge at the same time, each what the other failed to: neither knows that nothing is owed any longer.
    const run = () => discharge(world.ports, connection, world.invocation());
    world.faults.failNext("events.send");
    world.faults.before("connections.discharge", () => {
      world.faults.failNext("publisher.publish");
      return run();
    });
    await run();
    expect(world.stored().owed).toEqual({});
    await world.sweepLater();
    expect(await world.sweepLater()).toEqual({ attended: 0, failed: 0 });
  });

  it("does not read the same connection every minute for nothing", async () => {
    const world = brokerWorld();
    await world.connect();
    const died = world.faults.freeze("vault.openKey", "before");
    void world.refreshNow();
    await died.reached;
    for (let round = 0; round < 3; round++) await world.sweepLater();
    expect(await world.sweepLater()).toEqual({ attended: 0, failed: 0 });
  });
});

describe("what is owed after a crash", () => {
  it.each(["publisher.publish", "events.send", "connections.discharge"])(
    "at %s is done within two sweeps",
    async (call) => {
      const world = brokerWorld();
      const died = world.faults.freeze(call, "before");
      void world.import(world.server.grant().refreshToken);
      await died.reached;
      await world.sweepLater();
      await world.sweepLater();
      expect(world.published()).toMatchObject({ generation: 1 });
      expect(world.told()).toEqual(["active"]);
      expect(world.stored().owed).toEqual({});
      expect(world.dueAt()).toBe(world.stored().refreshAt);
    },
  );

  it("is done also while another holds the lease", async () => {
    const world = brokerWorld();
    world.faults.failNext("publisher.publish");
    await world.connect();
    world.clock.advance(55_000);
    const frozen = world.faults.freeze("fetch", "before");
    void world.refreshNow();
    await frozen.reached;
    await world.sweepLater(6_000);
    expect(world.published()).toMatchObject({ generation: 1 });
    expect(world.dueAt()).toBe(world.stored().attempt?.leaseUntil);
  });

  it("is done also for a connection that only a person can mend", async () => {
    const world = brokerWorld();
    await world.connect();
    world.faults.failNext("events.send");
    world.server.script.push(answers.deadGrant);
    await world.refreshNow().catch(() => undefined);
    expect(world.told()).toEqual(["active"]);
    await world.sweepLater();
    expect(world.told()).toEqual(["active", "reauthorization_required"]);
    expect(world.dueAt()).toBeNull();
  });
});
