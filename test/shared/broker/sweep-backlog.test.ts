import { describe, expect, it } from "vitest";
import type { ConnectionStore } from "../../../shared/broker/connection-store.ts";
import { sweep } from "../../../shared/broker/sweep.ts";
import { backlogWorld } from "../../support/backlog-world.ts";

describe("the backlog after an outage", () => {
  it("is left alone while the outage lasts but for one probe a sweep, and changes no connection's status", async () => {
    const world = backlogWorld(["swift"]);
    await world.backlog({ swift: 400 });
    world.endpoint("swift").isDown = true;
    await world.minute();
    const first = world.arrivals.length;
    // All that are under way at once, and those that begin before the fifth of them has failed.
    expect(first).toBeLessThanOrEqual(36);
    world.forget();
    for (let minute = 0; minute < 4; minute++) await world.minute();
    expect(world.arrivals.length).toBeLessThanOrEqual(4);
    expect(new Set(world.arrivals.map(({ connection }) => connection)).size).toBe(world.arrivals.length);
    const statuses = [...world.connections.items.values()].map(({ connection }) => connection.status);
    expect(statuses.filter((status) => status !== "active").length).toBeLessThanOrEqual(first + 4);
    expect(statuses.every((status) => status === "active" || status === "degraded")).toBe(true);
  });

  it("drains in the sweep in which the probe succeeds, providers in turn", async () => {
    const world = backlogWorld(["swift", "steady"]);
    await world.backlog({ swift: 250, steady: 250 });
    for (const provider of ["swift", "steady"]) world.endpoint(provider).isDown = true;
    await world.minute();
    for (const provider of ["swift", "steady"]) world.endpoint(provider).isDown = false;
    world.clock.advance(60_000);
    world.forget();
    await world.minute();
    // Those whose own backoff is not over are left, and nothing else is.
    for (const provider of ["swift", "steady"]) expect(world.refreshed(provider)).toBeGreaterThanOrEqual(250 - 32);
    const half = world.arrivals.slice(0, world.arrivals.length / 2);
    const share = half.filter(({ provider }) => provider === "swift").length / half.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
    for (let minute = 0; minute < 3; minute++) await world.minute();
    for (const provider of ["swift", "steady"]) expect(world.refreshed(provider)).toBe(250);
  });
});

describe("a provider that takes eight refreshes a second", () => {
  const most = 8;

  async function limited() {
    const world = backlogWorld(["strict"]);
    await world.backlog({ strict: 1_000 });
    world.endpoint("strict").limit = most;
    return world;
  }

  it.each([1, 2, 4])("gets nearly as many from %i schedules together, and hardly refuses one", async (schedules) => {
    const world = await limited();
    await world.minute(schedules);
    for (let minute = 0; minute < 3; minute++) {
      world.forget();
      await world.minute(schedules);
      const refused = world.arrivals.filter(({ status }) => status === 429).length;
      expect(refused / world.arrivals.length).toBeLessThan(0.05);
      const seconds = world.perSecond("strict").slice(0, 44);
      expect(Math.max(...seconds)).toBeLessThanOrEqual(most + 2);
      const mean = seconds.reduce((sum, count) => sum + count, 0) / 44;
      expect(mean).toBeGreaterThan(most * 0.55);
    }
    while (world.refreshed("strict") < 1_000) await world.minute(schedules);
    const statuses = new Set([...world.connections.items.values()].map(({ connection }) => connection.status));
    expect([...statuses]).toEqual(["active"]);
    expect(world.events.sentOfBreakers).toEqual([]);
  });

  it("gets more again when it takes more", async () => {
    const world = await limited();
    for (let minute = 0; minute < 2; minute++) await world.minute();
    expect(world.health("strict")?.rate).toBeLessThan(most + 1);
    world.endpoint("strict").limit = Number.POSITIVE_INFINITY;
    world.forget();
    await world.minute();
    expect(world.health("strict")?.rate).toBeGreaterThan(3 * most);
    expect(Math.max(...world.perSecond("strict"))).toBeGreaterThan(2 * most);
    expect(world.refreshed("strict")).toBe(1_000);
  });

  it("is read no further than to what there is a turn for, and a page beyond", async () => {
    const world = await limited();
    await world.minute();
    world.forget();
    await world.minute();
    expect(world.reads.length).toBeLessThanOrEqual(world.arrivals.length + 128 + 32);
  });
});

describe("what holds up one provider", () => {
  it.each([
    ["a low limit", { limit: 1 }],
    ["a low limit and a long pause", { limit: 1, retryAfter: 50 }],
    ["slow answers", { latency: 5_000 }],
    ["an outage", { isDown: true }],
  ])("does not hold up the others: %s", async (_what, state) => {
    const world = backlogWorld(["troubled", "swift"]);
    await world.backlog({ troubled: 200, swift: 400 });
    Object.assign(world.endpoint("troubled"), state);
    await world.minute();
    expect(world.refreshed("swift")).toBe(400);
    const swift = world.arrivals.filter(({ provider }) => provider === "swift");
    // Half of the places, 150 ms each: 4 s.
    expect(swift.at(-1)?.at).toBeLessThan(6_000);
  });
});

it("an index that cannot be read ends the sweep with an error, after all that had begun", async () => {
  const world = backlogWorld(["unknown", "swift"]);
  await world.backlog({ unknown: 10, swift: 200 });
  const connections: ConnectionStore = {
    ...world.connections,
    due: (input) => (input.provider === "unknown" ? Promise.reject(new Error("down")) : world.connections.due(input)),
  };
  const invocation = { actor: "schedule", endsAt: world.clock.now() + 60_000 };
  await expect(sweep({ ...world.ports, connections }, invocation)).rejects.toThrow("down");
  expect(world.refreshed("swift")).toBe(200);
});

describe("the queue", () => {
  it("is taken from its head, and what a sweep leaves is first in the next", async () => {
    const world = backlogWorld(["slow"]);
    await world.backlog({ slow: 500 });
    world.endpoint("slow").latency = 5_000;
    const queue = await world.queue("slow");
    const took = await world.minute();
    expect(took).toBeLessThanOrEqual(59_500);
    const first = world.arrivals.map(({ connection }) => connection);
    expect(first.length).toBeGreaterThan(250);
    expect(first).toEqual(queue.slice(0, first.length));
    await world.minute();
    expect(world.arrivals.map(({ connection }) => connection)).toEqual(queue);
  });

  it("goes on behind connections that always fail", async () => {
    const world = backlogWorld(["steady"]);
    await world.backlog({ steady: 300 });
    const queue = await world.queue("steady");
    for (const id of queue.slice(0, 200)) world.unreadable.add(id);
    for (const id of queue.slice(200, 203)) world.endpoint("steady").failsFor.add(id);
    await world.minute();
    expect(world.refreshed("steady")).toBe(97);
    expect(world.health("steady")?.open ?? null).toBeNull();
  });

  it("is probed anywhere: one connection's own failures do not keep a breaker open", async () => {
    const world = backlogWorld(["steady"]);
    await world.backlog({ steady: 100 });
    const queue = await world.queue("steady");
    world.endpoint("steady").isDown = true;
    await world.minute();
    world.endpoint("steady").isDown = false;
    for (const id of queue.slice(0, 10)) world.endpoint("steady").failsFor.add(id);
    for (let minute = 0; minute < 10; minute++) await world.minute();
    expect(world.refreshed("steady")).toBe(90);
  });
});
