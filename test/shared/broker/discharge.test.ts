import { describe, expect, it } from "vitest";
import { raiseGeneration, setLabel } from "../../../shared/broker/bookkeeping-writes.ts";
import { discharge } from "../../../shared/broker/discharge.ts";
import { acme, brokerWorld } from "../../support/broker-world.ts";

const somebody = { by: "somebody", actor: "somebody", now: 0 };

/** A connection that owes a publication and an event. */
async function owing() {
  const world = brokerWorld();
  world.faults.failNext("publisher.publish");
  world.faults.failNext("events.send");
  const { connection } = await world.connect();
  expect(
    Object.values(connection.owed)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual(["event", "publish"]);
  return { world, run: () => discharge(world.ports, world.stored(), world.invocation()) };
}

describe("discharging", () => {
  it("publishes, tells, strikes both off and sets the key back to the refresh", async () => {
    const { world, run } = await owing();
    world.faults.calls.length = 0;
    const connection = await run();
    expect(world.faults.calls).toEqual(["vault.openKey", "publisher.publish", "events.send", "connections.discharge"]);
    expect(connection.owed).toEqual({});
    expect(world.stored().owed).toEqual({});
    expect(world.dueAt()).toBe(connection.refreshAt);
  });

  it("asks nobody for anything where nothing is owed", async () => {
    const { world, run } = await owing();
    await run();
    world.faults.calls.length = 0;
    await run();
    expect(world.faults.calls).toEqual([]);
  });

  it("leaves owed what failed and strikes off the rest", async () => {
    const { world, run } = await owing();
    world.faults.failNext("publisher.publish");
    await run();
    expect(Object.keys(world.stored().owed)).toEqual(["publish-1"]);
    expect(world.dueAt()).toBe(world.clock.now() + 60_000);
    expect(world.told()).toEqual(["active"]);
  });

  it("strikes off only the events that the bus has accepted", async () => {
    const { world, run } = await owing();
    const [event] = Object.values(world.stored().owed).flatMap((owed) => (owed.kind === "event" ? [owed.event] : []));
    world.events.refused.add(event?.id ?? "");
    await run();
    expect(Object.values(world.stored().owed).map(({ kind }) => kind)).toEqual(["event"]);
    world.events.refused.clear();
    await run();
    expect(world.stored().owed).toEqual({});
  });

  it("repeats an effect with the same id where striking it off failed", async () => {
    const { world, run } = await owing();
    world.faults.failNext("connections.discharge");
    await run();
    await run();
    expect(world.events.sent).toHaveLength(2);
    expect(new Set(world.events.sent.map(({ event }) => event.id)).size).toBe(1);
    expect(world.stored().owed).toEqual({});
  });

  it("does not undo the debts of somebody who wrote meanwhile", async () => {
    const { world, run } = await owing();
    world.faults.before("connections.discharge", () => world.refreshNow());
    await run();
    expect(world.stored()).toMatchObject({ generation: 2, owed: {} });
    expect(world.published()).toMatchObject({ generation: 2 });
  });

  it("goes on where somebody wrote meanwhile, and gives up where they never stop", async () => {
    const { world, run } = await owing();
    const write = () => world.connections.write(acme, setLabel(world.stored(), "Acme", somebody));
    for (let round = 0; round < 3; round++) world.faults.before("connections.discharge", write);
    await run();
    expect(Object.keys(world.stored().owed)).toHaveLength(2);
    await run();
    expect(world.stored().owed).toEqual({});
  });

  it("never throws for a store that fails", async () => {
    const { world, run } = await owing();
    world.faults.before("connections.discharge", async () => {
      await world.connections.write(acme, setLabel(world.stored(), "Acme", somebody));
      world.faults.failNext("connections.read");
    });
    await expect(run()).resolves.toMatchObject({ id: acme });
  });

  it("publishes the token of the record, also where it is handed that of an older one", async () => {
    const { world } = await owing();
    const known = world.stored();
    const old = await world.tokens();
    world.faults.failNext("publisher.publish");
    await world.refreshNow();
    await discharge(world.ports, known, world.invocation(), old);
    await discharge(world.ports, world.stored(), world.invocation());
    expect(world.published()).toMatchObject({ generation: 2, access_token: (await world.tokens()).accessToken });
  });

  it("publishes a tombstone and nothing else of a connection that was revoked meanwhile", async () => {
    const { world, run } = await owing();
    world.faults.before("publisher.publish", () => world.revoke());
    await run();
    expect(world.published()).not.toHaveProperty("access_token");
  });
});

describe("a table that was restored to an earlier time", () => {
  async function restored() {
    const world = brokerWorld();
    const { connection } = await world.connect();
    for (let round = 0; round < 5; round++) await world.refreshNow();
    expect(world.published()).toMatchObject({ generation: 6 });
    const { id, sequence: _sequence, owed: _owed, ...set } = connection;
    await world.connections.write(id, { guard: {}, set, owe: {}, settle: [], dueAt: connection.refreshAt });
    return world;
  }

  it("has its generations raised above what is published, and publishes again", async () => {
    const world = await restored();
    await world.refreshNow();
    await world.sweepLater();
    expect(world.stored().generation).toBeGreaterThan(6);
    expect(world.published()).toMatchObject({
      generation: world.stored().generation,
      access_token: (await world.tokens()).accessToken,
    });
  });

  it("does not have them raised under somebody's lease", async () => {
    const world = await restored();
    const frozen = world.faults.freeze("fetch", "before");
    const refreshing = world.refreshNow();
    await frozen.reached;
    const owe = { "publish-1": { kind: "publish", since: 0 } } as const;
    const leased = await world.connections.write(acme, { guard: {}, set: {}, owe, settle: [], dueAt: 0 });
    await discharge(world.ports, leased, world.invocation());
    expect(world.stored().generation).toBe(1);
    frozen.release();
    await refreshing;
    expect(world.stored().generation).toBeGreaterThan(1);
  });

  it("is told from a commit that came in between", async () => {
    const world = brokerWorld();
    world.faults.failNext("publisher.publish");
    await world.connect();
    const known = world.stored();
    await world.refreshNow();
    await discharge(world.ports, known, world.invocation());
    expect(world.stored()).toMatchObject({ generation: 2, owed: {} });
    expect(raiseGeneration(known, 6, somebody).guard).toEqual({ sequence: known.sequence });
  });
});
