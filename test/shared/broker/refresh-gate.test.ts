import { describe, expect, it } from "vitest";
import type { ConnectionId } from "../../../shared/broker/connection-id.ts";
import { openGate } from "../../../shared/broker/refresh-gate.ts";
import { rdStation } from "../../../shared/providers/rd-station.ts";
import { answers, type BrokerWorld, brokerWorld, rest } from "../../support/broker-world.ts";

const accounts: readonly ConnectionId[] = ["rd-station/a", "rd-station/b", "rd-station/c", "rd-station/d"];

async function connected(count = accounts.length) {
  const world = brokerWorld();
  for (const id of accounts.slice(0, count)) await world.connect(id);
  for (const id of accounts.slice(0, count))
    if (world.stored(id).expiresAt !== null) world.until(world.stored(id).expiresAt);
  world.server.redemptions.length = 0;
  return world;
}

/** A world whose breaker has just opened, and whose provider answers again. */
async function opened() {
  const world = await connected();
  answerAll(world, "html", 5);
  for (const id of accounts) await read(world, id);
  world.clock.advance(60_000);
  await read(world, "rd-station/a");
  expect(breakers(world)).toEqual(["open"]);
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

  it("is not told from a refresh token that is handed in", async () => {
    const world = await connected();
    for (let time = 0; time < 6; time++) {
      answerAll(world, "wrongClient", 1);
      await world.import("some-other-refresh-token", "rd-station/new").catch(() => undefined);
    }
    expect(breakers(world)).toEqual([]);
    expect(world.providerHealth.stored.size).toBe(0);
  });
});

describe("a client secret that was wrong and that the operator has replaced", () => {
  /** Our registration has got another secret, and the operator has stored it: what is cached is no longer good. */
  async function replaced(count?: number) {
    const world = await connected(count);
    await world.ports.clientCredentials.read("rd-station");
    world.server.clientSecret = "the-new-client-secret";
    world.server.latency = 100;
    world.credentials.stored.set("rd-station", { clientId: "client-id", clientSecret: "the-new-client-secret" });
    return world;
  }

  it("opens no breaker, however many refreshes were under way with the old one", async () => {
    const world = await replaced();
    await Promise.all(accounts.map((id) => read(world, id)));
    expect(world.server.redemptions).toHaveLength(4);
    expect(breakers(world)).toEqual([]);
    await world.sweepLater();
    expect(accounts.map((id) => world.stored(id))).toEqual(
      accounts.map(() => expect.objectContaining({ status: "active", generation: 2 })),
    );
  });

  it("opens none for the only connection either, which is refreshed two seconds later", async () => {
    const world = await replaced(1);
    expect(await read(world, "rd-station/a")).toMatchObject({
      code: "client_credentials_rejected",
      retryAfterSeconds: 2,
    });
    expect(breakers(world)).toEqual([]);
    world.clock.advance(2_000);
    expect(await read(world, "rd-station/a")).toMatchObject({ generation: 2 });
  });

  it("is what a probe is made with, whatever is cached", async () => {
    const world = await connected();
    world.server.clientSecret = "the-new-client-secret";
    await world.sweep();
    expect(breakers(world)).toEqual(["open"]);
    // Another machine's reader has read the old one a moment before the operator corrects it.
    await world.ports.clientCredentials.read("rd-station");
    world.credentials.stored.set("rd-station", { clientId: "client-id", clientSecret: "the-new-client-secret" });
    await world.sweepLater();
    expect(breakers(world)).toEqual(["open", "closed"]);
  });

  it("is still believed to be wrong where it cannot be read again", async () => {
    const world = await replaced(1);
    world.faults.failNext("clientCredentials.read", { skip: 1, times: 2 });
    expect(await read(world, "rd-station/a")).toMatchObject({ code: "client_credentials_rejected" });
    expect(breakers(world)).toEqual(["open"]);
  });
});

describe("a wrong client secret at a store that cannot list connections", () => {
  it("opens the breaker with the second connection, and readers are told what is wrong", async () => {
    const world = await connected();
    world.faults.outage("connections.list", 600_000);
    answerAll(world, "wrongClient");
    for (const id of accounts) expect(await read(world, id)).toMatchObject({ code: "client_credentials_rejected" });
    expect(breakers(world)).toEqual(["open"]);
  });
});

describe("what is no refresh", () => {
  it("never counts: a code that is exchanged", async () => {
    const world = brokerWorld();
    for (let time = 0; time < 6; time++) {
      const callback = await world.authorizing(await world.ticket({}, "rd-station/new"));
      answerAll(world, "wrongClient", 1);
      await callback({ code: world.server.code() });
    }
    expect(world.server.exchanges).toBe(6);
    expect(world.providerHealth.stored.size).toBe(0);
  });

  it("never counts: a refresh token that is handed in, whatever is wrong with it", async () => {
    const world = await connected();
    for (const answer of ["wrongClient", "html", "tooMany", "lost"] as const) {
      for (let time = 0; time < 6; time++) {
        answerAll(world, answer, 1);
        await world.import(`some-other-refresh-token-${time}`, "rd-station/new").catch(() => undefined);
      }
    }
    expect(world.providerHealth.stored.size).toBe(0);
  });

  it("never counts: the call of a revocation", async () => {
    const world = brokerWorld();
    for (const id of accounts) await world.connect(id);
    world.server.revocationAnswer = () => new Response("<html>", { status: 503, headers: { "retry-after": "30" } });
    for (const id of accounts) await world.revoke(undefined, id);
    for (const id of accounts) await world.revoke(undefined, id);
    expect(world.server.revocations).toHaveLength(8);
    expect(world.providerHealth.stored.size).toBe(0);
  });
});

describe("a refresh for the call of a revocation", () => {
  it("counts like every other", async () => {
    const world = await connected();
    answerAll(world, "html", 5);
    for (const id of accounts) await world.revoke(undefined, id);
    await world.revoke(undefined, "rd-station/a");
    expect(breakers(world)).toEqual(["open"]);
  });

  it("is made through an open breaker for an operator, and is a probe", async () => {
    const world = await opened();
    expect(await world.revoke(undefined, "rd-station/b")).toMatchObject({ status: "revoked" });
    expect(breakers(world)).toEqual(["open", "closed"]);
  });

  it("waits behind an open breaker for the sweep, and is done when it has closed", async () => {
    const world = await opened();
    answerAll(world, "html", 2);
    await world.revoke(undefined, "rd-station/b");
    world.clock.advance(2_000);
    await read(world, "rd-station/c");
    const before = world.server.redemptions.length;
    world.until(world.stored("rd-station/b").retry?.at ?? null);
    await world.sweep();
    expect(world.server.redemptions).toHaveLength(before);
    expect(world.stored("rd-station/b")).toMatchObject({ status: "revoking" });
    for (let round = 0; round < 2; round++) await world.sweepLater(700_000);
    expect(world.stored("rd-station/b")).toMatchObject({ status: "revoked", revocation: { upstream: "revoked" } });
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

  it("is not left alone for longer because operators ask it in vain", async () => {
    const world = await opened();
    answerAll(world, "html", 10);
    for (let time = 0; time < 10; time++) await world.refreshNow("rd-station/b").catch(() => undefined);
    world.clock.advance(2_000);
    expect(await read(world, "rd-station/c")).toMatchObject({ generation: 2 });
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
  const health = (world: BrokerWorld) => [...world.providerHealth.stored.values()][0];
  /** A 429 that asks for so many seconds. */
  const limit = (seconds: number | string) => () =>
    new Response("{}", { status: 429, headers: { "retry-after": String(seconds) } });

  it("gets fewer refreshes a second, and more again once they succeed", async () => {
    const world = await connected();
    world.server.script.push(limit(0));
    await read(world, "rd-station/a");
    expect(health(world)?.rate).toBe(4);
    world.server.script.push(limit(0));
    await read(world, "rd-station/b");
    expect(health(world)?.rate).toBe(2);
    await read(world, "rd-station/c");
    expect(health(world)?.rate).toBeGreaterThan(2);
  });

  it("gets no slower for each of many refreshes that were under way at once", async () => {
    const world = await connected();
    world.server.latency = 100;
    answerAll(world, "tooMany", 4);
    await Promise.all(accounts.map((id) => read(world, id)));
    expect(world.server.redemptions).toHaveLength(4);
    expect(health(world)).toMatchObject({ rate: 4, transientFailures: 1 });
  });

  it("is not limited any more where it has not said so for an hour", async () => {
    const world = await connected();
    world.server.script.push(limit(1));
    await read(world, "rd-station/a");
    world.clock.advance(3_600_000);
    await read(world, "rd-station/b");
    expect(health(world)?.rate).toBeNull();
  });

  it("is left alone by all for as long as it asks", async () => {
    const world = await connected();
    answerAll(world, "tooMany", 1);
    await read(world, "rd-station/a");
    world.clock.advance(10_000);
    const reader = await read(world, "rd-station/b");
    expect(reader).toMatchObject({ code: "provider_unavailable", retryAfterSeconds: 20 });
    expect(world.server.redemptions).toHaveLength(1);
    expect(world.stored("rd-station/b").status).toBe("active");
    world.clock.advance(20_000);
    expect(await read(world, "rd-station/b")).toMatchObject({ generation: 2 });
  });

  it("is left alone by the others for a minute at most, by the one that it answered for as long as it asks", async () => {
    const world = await connected();
    world.server.script.push(limit(1_800));
    expect(await read(world, "rd-station/a")).toMatchObject({ retryAfterSeconds: 1_800 });
    expect(await read(world, "rd-station/b")).toMatchObject({ retryAfterSeconds: 60 });
    world.clock.advance(60_000);
    expect(await read(world, "rd-station/b")).toMatchObject({ generation: 2 });
    expect(await read(world, "rd-station/a")).toMatchObject({ retryAfterSeconds: 1_740 });
  });

  it("is left alone also where it says so with another status", async () => {
    const world = await connected();
    world.server.script.push(() => new Response("<html>", { status: 503, headers: { "retry-after": "20" } }));
    await read(world, "rd-station/a");
    expect(await read(world, "rd-station/b")).toMatchObject({ code: "provider_unavailable", retryAfterSeconds: 20 });
    expect(health(world)?.rate).toBeNull();
  });

  it("is asked by an operator all the same, and once that has succeeded by all", async () => {
    const world = await connected();
    answerAll(world, "tooMany", 1);
    await read(world, "rd-station/a");
    world.clock.advance(1_000);
    expect(await world.refreshNow("rd-station/b")).toMatchObject({ generation: 2 });
    expect(await read(world, "rd-station/c")).toMatchObject({ generation: 2 });
  });

  it("is waited for by a sweep, which then refreshes them all", async () => {
    const world = await connected();
    answerAll(world, "tooMany", 1);
    await read(world, "rd-station/a");
    const begun = world.clock.now();
    await world.sweep();
    expect(world.clock.now() - begun).toBeGreaterThanOrEqual(30_000);
    expect(accounts.slice(1).map((id) => world.stored(id).generation)).toEqual([2, 2, 2]);
  });
});

describe("a breaker whose time is over", () => {
  it("lets one through where two ask at once", async () => {
    const world = await opened();
    world.clock.advance(700_000);
    const before = world.server.redemptions.length;
    const probe = world.faults.freeze("fetch", "before");
    const other = async () => {
      void read(world, "rd-station/d");
      await probe.reached;
    };
    // Both have seen that its time is over before either writes.
    world.faults.before("providerHealth.write", other);
    expect(await read(world, "rd-station/c")).toMatchObject({ code: "provider_unavailable" });
    expect(world.server.redemptions).toHaveLength(before);
    probe.release();
    await rest();
    expect(world.server.redemptions).toHaveLength(before + 1);
  });

  it("lets one through where two sweeps begin at once, and all once it has succeeded", async () => {
    const world = await opened();
    world.clock.advance(700_000);
    world.server.latency = 1_000;
    const before = world.server.redemptions.length;
    const swept = Promise.all([world.sweep(), world.sweep()]);
    await world.clock.sleep(500);
    expect(world.server.redemptions).toHaveLength(before + 1);
    await swept;
    await world.sweepLater();
    expect(accounts.map((id) => world.stored(id).generation)).toEqual([2, 2, 2, 2]);
  });

  it("is opened for another one where the probe never reports", async () => {
    const world = await opened();
    world.clock.advance(700_000);
    const died = world.faults.freeze("fetch", "before");
    void read(world, "rd-station/c");
    await died.reached;
    expect(await read(world, "rd-station/d")).toMatchObject({ code: "provider_unavailable", retryAfterSeconds: 17 });
    world.clock.advance(17_000);
    expect(await read(world, "rd-station/d")).toMatchObject({ generation: 2 });
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

describe("two providers at one origin", () => {
  it("have a breaker each: what one refuses says nothing about the other", async () => {
    const world = await connected(2);
    const { origin } = rdStation;
    answerAll(world, "wrongClient");
    for (const id of accounts.slice(0, 2)) await read(world, id);
    const look = (provider: string) => openGate(world.ports, world.invocation()).look({ provider, origin });
    expect((await look("rd-station")).open).not.toBeNull();
    expect((await look("rd-station-crm")).open).toBeNull();
    const gate = openGate(world.ports, world.invocation());
    expect((await gate.admit({ provider: "rd-station", origin })).kind).toBe("refused");
    expect((await gate.admit({ provider: "rd-station-crm", origin })).kind).toBe("admitted");
  });
});
