import { describe, expect, it } from "vitest";
import type { ConnectionId } from "../../../shared/broker/connection-id.ts";
import { answers, type BrokerWorld, brokerWorld } from "../../support/broker-world.ts";

const accounts: readonly ConnectionId[] = ["rd-station/a", "rd-station/b", "rd-station/c", "rd-station/d"];

async function connected(count = accounts.length) {
  const world = brokerWorld();
  for (const id of accounts.slice(0, count)) await world.connect(id);
  for (const id of accounts.slice(0, count))
    if (world.stored(id).expiresAt !== null) world.until(world.stored(id).expiresAt);
  world.server.redemptions.length = 0;
  return world;
}

const answerAll = (world: BrokerWorld, answer: keyof typeof answers, times = 100) =>
  world.server.script.push(...Array.from({ length: times }, () => answers[answer]));

const read = (world: BrokerWorld, id: ConnectionId) => world.read({}, id).catch((error: unknown) => error);

const breakers = (world: BrokerWorld) => world.events.sentOfBreakers.map(({ breaker }) => breaker);

describe("a wrong client secret", () => {
  it("opens the breaker with the second connection it is refused for, and touches none", async () => {
    const world = await connected();
    answerAll(world, "wrongClient");
    for (const id of accounts) expect(await read(world, id)).toMatchObject({ code: "client_credentials_rejected" });
    expect(world.server.redemptions).toHaveLength(2);
    expect(accounts.map((id) => world.stored(id).status)).toEqual(accounts.map(() => "active"));
    expect(breakers(world)).toEqual(["open"]);
    expect(world.told()).not.toContain("degraded");
  });

  it("opens it at once where there is only one connection", async () => {
    const world = await connected(1);
    answerAll(world, "wrongClient");
    await read(world, "rd-station/a");
    expect(breakers(world)).toEqual(["open"]);
  });

  it("is found to be mended by one refresh, and then all go on", async () => {
    const world = await connected();
    answerAll(world, "wrongClient", 2);
    await world.sweep();
    for (let round = 0; round < 3; round++) await world.sweepLater();
    expect(breakers(world)).toEqual(["open", "closed"]);
    expect(accounts.map((id) => world.stored(id).generation)).toEqual([2, 2, 2, 2]);
  });

  it("is tried by one refresh at a time while it lasts", async () => {
    const world = await connected();
    answerAll(world, "wrongClient");
    await world.sweep();
    const before = world.server.redemptions.length;
    await world.sweepLater(700_000);
    expect(world.server.redemptions.length - before).toBe(1);
  });

  it("that a single connection is refused for while others are not degrades that one alone", async () => {
    const world = await connected();
    answerAll(world, "wrongClient", 1);
    await read(world, "rd-station/a");
    await read(world, "rd-station/b");
    world.clock.advance(60_000);
    answerAll(world, "wrongClient", 1);
    await read(world, "rd-station/a");
    expect(world.stored("rd-station/a").status).toBe("degraded");
    expect(breakers(world)).toEqual([]);
    expect(await read(world, "rd-station/c")).toMatchObject({ generation: 2 });
  });

  it("is not told from a code exchange or from a refresh token that is handed in", async () => {
    const world = await connected();
    for (let time = 0; time < 6; time++) {
      answerAll(world, "wrongClient", 1);
      await world.import("some-other-refresh-token", "rd-station/new").catch(() => undefined);
    }
    expect(breakers(world)).toEqual([]);
    expect(world.providerHealth.stored.size).toBe(0);
  });
});

describe("a provider that does not answer", () => {
  it("is left alone after five failures in a row", async () => {
    const world = await connected();
    answerAll(world, "html");
    for (const id of accounts) await read(world, id);
    world.clock.advance(60_000);
    for (const id of accounts) await read(world, id);
    expect(world.server.redemptions).toHaveLength(5);
    expect(breakers(world)).toEqual(["open"]);
  });

  it("is not left alone where a refresh succeeds in between", async () => {
    const world = await connected();
    answerAll(world, "html", 3);
    for (const id of accounts) await read(world, id);
    world.clock.advance(60_000);
    answerAll(world, "html", 3);
    for (const id of accounts.slice(0, 3)) await read(world, id);
    expect(breakers(world)).toEqual([]);
  });

  it("is asked by an operator all the same", async () => {
    const world = await connected();
    answerAll(world, "html", 5);
    for (const id of accounts) await read(world, id);
    world.clock.advance(60_000);
    await read(world, "rd-station/a");
    expect(breakers(world)).toEqual(["open"]);
    expect(await world.refreshNow("rd-station/b")).toMatchObject({ generation: 2 });
    expect(breakers(world)).toEqual(["open", "closed"]);
  });

  it("is not asked for a reader, who is told until when, or given the token that still lives", async () => {
    const world = brokerWorld();
    for (const id of accounts) await world.connect(id);
    answerAll(world, "html");
    for (const id of accounts) await world.refreshNow(id).catch(() => undefined);
    await world.refreshNow("rd-station/a").catch(() => undefined);
    expect(breakers(world)).toEqual(["open"]);
    const before = world.server.redemptions.length;
    world.until((world.stored("rd-station/d").expiresAt ?? 0) - 30_000);
    expect(await read(world, "rd-station/d")).toMatchObject({ generation: 1 });
    expect(world.server.redemptions.length - before).toBeLessThanOrEqual(1);
  });

  it("is refreshed at although its health cannot be read or written", async () => {
    const world = await connected();
    world.faults.outage("providerHealth.read", 600_000);
    world.faults.outage("providerHealth.write", 600_000);
    answerAll(world, "html", 1);
    await read(world, "rd-station/a");
    expect(await read(world, "rd-station/b")).toMatchObject({ generation: 2 });
  });
});

describe("a provider that limits us", () => {
  it("gets fewer refreshes a second, and more again once they succeed", async () => {
    const world = await connected();
    answerAll(world, "tooMany", 1);
    await read(world, "rd-station/a");
    const [health] = [...world.providerHealth.stored.values()];
    expect(health?.rate).toBe(4);
    await read(world, "rd-station/b");
    expect([...world.providerHealth.stored.values()][0]?.rate).toBe(5);
  });
});

describe("what is told of a provider", () => {
  const told = (world: BrokerWorld) => world.events.sentOfBreakers.map(({ name, code, actor }) => [name, code, actor]);

  it("names what it was left alone for and that it has recovered, and whose refresh has shown it", async () => {
    const world = await connected();
    answerAll(world, "html", 5);
    for (const id of [...accounts, ...accounts.slice(0, 1)]) await world.refreshNow(id).catch(() => undefined);
    await world.sweepLater();
    expect(told(world)).toEqual([
      ["provider.unavailable", "provider_unavailable", "tester"],
      ["provider.recovered", null, "schedule"],
    ]);
  });

  it("names a wrong client secret", async () => {
    const world = await connected();
    answerAll(world, "wrongClient", 2);
    await world.sweep();
    expect(told(world)).toEqual([["provider.client_credentials_rejected", "client_credentials_rejected", "schedule"]]);
  });

  it("tells where it has to be left alone for another reason than before, and not that it still has to be", async () => {
    const world = await connected(1);
    answerAll(world, "wrongClient", 2);
    answerAll(world, "html", 2);
    for (let time = 0; time < 5; time++) await world.refreshNow("rd-station/a").catch(() => undefined);
    expect(told(world).map(([name]) => name)).toEqual([
      "provider.client_credentials_rejected",
      "provider.unavailable",
      "provider.recovered",
    ]);
    const { sentOfBreakers } = world.events;
    expect(new Set(sentOfBreakers.map(({ id }) => id)).size).toBe(3);
    const sequences = sentOfBreakers.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort((left, right) => left - right));
  });
});

describe("an event of the breaker", () => {
  /** Opens the breaker, and lets it close while the bus takes nothing. Nothing fails afterwards. */
  async function closedUnheard() {
    const world = await connected();
    answerAll(world, "wrongClient", 2);
    await world.sweep();
    world.faults.failNext("events.sendBreakerEvents");
    await world.sweepLater();
    expect(breakers(world)).toEqual(["open"]);
    return world;
  }

  it("that the bus does not take is sent with the next change, under the same id", async () => {
    const world = await connected();
    world.faults.failNext("events.sendBreakerEvents");
    answerAll(world, "wrongClient", 2);
    await read(world, "rd-station/a");
    await read(world, "rd-station/b");
    expect(breakers(world)).toEqual([]);
    world.clock.advance(700_000);
    await read(world, "rd-station/c");
    expect(breakers(world)).toEqual(["open", "closed"]);
  });

  it("that the bus does not take is sent by a sweep, also where nothing changes any more", async () => {
    const world = await closedUnheard();
    await world.sweepLater();
    expect(breakers(world)).toEqual(["open", "closed"]);
    await world.sweepLater();
    expect(breakers(world)).toEqual(["open", "closed"]);
    expect([...world.providerHealth.stored.values()].map(({ owed }) => owed)).toEqual([{}]);
  });

  it("whose sender dies is sent by a sweep, and not while it may still be sending", async () => {
    const world = await connected(1);
    answerAll(world, "wrongClient");
    const died = world.faults.freeze("events.sendBreakerEvents", "before");
    void read(world, "rd-station/a");
    await died.reached;
    await world.sweep();
    expect(breakers(world)).toEqual([]);
    await world.sweepLater();
    expect(breakers(world)).toEqual(["open"]);
  });

  it("that could not be struck off is sent again under the same id", async () => {
    const world = await connected(1);
    answerAll(world, "wrongClient");
    world.faults.failNext("providerHealth.write", { skip: 1 });
    await read(world, "rd-station/a");
    await world.sweepLater();
    await world.sweepLater();
    expect(breakers(world)).toEqual(["open", "open"]);
    expect(new Set(world.events.sentOfBreakers.map(({ id }) => id)).size).toBe(1);
  });

  it("that stays unheard holds up no sweep", async () => {
    const world = await closedUnheard();
    world.faults.failNext("events.sendBreakerEvents");
    expect(await world.sweepLater()).toMatchObject({ failed: 0 });
    await world.sweepLater();
    expect(breakers(world)).toEqual(["open", "closed"]);
  });
});
