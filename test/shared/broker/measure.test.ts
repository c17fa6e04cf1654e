import { describe, expect, it } from "vitest";
import { acme, answers, type BrokerWorld, brokerWorld } from "../../support/broker-world.ts";

/** What a method of the port was told since `from`, of RD Station. */
function told(world: BrokerWorld, method: string, from = 0): readonly unknown[] {
  return world.measured.slice(from).flatMap(([name, provider, ...rest]) => {
    if (name !== method) return [];
    expect(provider).toBe("rd-station");
    return [rest.length === 0 ? true : rest[0]];
  });
}

async function connected() {
  const world = brokerWorld();
  await world.connect();
  return { world, from: world.measured.length };
}

describe("a refresh", () => {
  it("that succeeds is counted, with how much of the access token's life was left", async () => {
    const { world, from } = await connected();
    const { issuedAt, expiresAt } = world.stored();
    world.until((issuedAt ?? 0) + 0.95 * ((expiresAt ?? 0) - (issuedAt ?? 0)));
    await world.sweep();
    expect(told(world, "refreshed", from)).toEqual(["succeeded"]);
    expect(new Set(told(world, "lifeLeft", from))).toEqual(new Set([expect.closeTo(5, 1)]));
  });

  it("that the schedule makes is no line of the log but for whoever debugs, and one that somebody asked for is", async () => {
    const { world } = await connected();
    const levels = () => world.log.lines.filter(({ message }) => message === "Refreshed.").map(({ level }) => level);
    expect(levels()).toEqual(["info"]);
    world.until(world.stored().refreshAt);
    await world.sweep();
    await world.refreshNow();
    expect(levels()).toEqual(["info", "debug", "info"]);
  });

  it("that came too late has less than nothing left", async () => {
    const { world, from } = await connected();
    world.expire();
    await world.sweep();
    expect(told(world, "lifeLeft", from)[0]).toBeLessThan(0);
    expect(told(world, "expired", from)).toEqual([true]);
  });

  it("that fails is counted by what it failed with", async () => {
    const { world, from } = await connected();
    world.server.script.push(answers.html);
    world.until(world.stored().refreshAt);
    await world.sweep();
    expect(told(world, "refreshed", from)).toEqual(["provider_unavailable"]);
  });

  it("that fails until the access token has expired shows all the while how much of its life is left", async () => {
    const { world, from } = await connected();
    world.server.script.push(...Array(200).fill(answers.html));
    world.until(world.stored().refreshAt);
    while (world.clock.now() < (world.stored().expiresAt ?? 0)) await world.sweepLater(600_000);
    const left = told(world, "lifeLeft", from) as readonly number[];
    expect(left).toEqual(left.toSorted((one, other) => other - one));
    expect(left[0]).toBeGreaterThan(9);
    expect(left.filter((percent) => percent > 0 && percent < 5).length).toBeGreaterThan(3);
    expect(left.at(-1)).toBeLessThanOrEqual(0);
  });

  it("that ends the grant is counted as an account that has to be authorized again", async () => {
    const { world, from } = await connected();
    world.server.script.push(answers.deadGrant);
    await expect(world.refreshNow()).rejects.toMatchObject({ code: "reauthorization_required" });
    expect(told(world, "refreshed", from)).toEqual(["reauthorization_required"]);
  });

  it("that only a revocation needs measures no life, and a grant that is dead by then alarms nobody", async () => {
    const { world, from } = await connected();
    world.expire();
    world.server.script.push(answers.deadGrant);
    await world.revoke();
    expect(told(world, "refreshed", from)).toEqual(["connection_revoked"]);

    const other = await connected();
    other.world.expire();
    await other.world.revoke();
    expect(told(other.world, "refreshed", other.from)).toEqual(["succeeded"]);
    expect(told(other.world, "lifeLeft", other.from)).toEqual([]);
  });

  it("is not all that counts refused client credentials: so do an import and a code", async () => {
    const { world, from } = await connected();
    world.server.script.push(answers.wrongClient);
    await expect(world.import("another")).rejects.toMatchObject({ code: "client_credentials_rejected" });
    expect(told(world, "refreshed", from)).toEqual(["client_credentials_rejected"]);

    const comeBack = await world.authorizing(await world.ticket());
    world.server.script.push(answers.wrongClient);
    await comeBack({ code: world.server.code() });
    expect(told(world, "refreshed", from)).toHaveLength(2);
  });

  it("that somebody else was faster with is counted as that", async () => {
    const { world, from } = await connected();
    world.until(world.stored().refreshAt);
    world.faults.before("connections.write", () => world.refreshNow());
    await world.sweep();
    expect(told(world, "leaseLost", from)).toEqual([true]);
    expect(told(world, "refreshed", from)).toEqual(["succeeded"]);
  });
});

describe("a sweep", () => {
  it("counts itself, and says of every provider that nothing is due and that its breaker is closed", async () => {
    const { world, from } = await connected();
    await world.sweep();
    expect(world.measured.slice(from)).toEqual([
      ["swept"],
      ["dueFor", "rd-station", 0],
      ["breaker", "rd-station", false],
    ]);
  });

  it("says for how long a connection has been due", async () => {
    const { world, from } = await connected();
    world.until((world.stored().refreshAt ?? 0) + 90_000);
    await world.sweep();
    expect(told(world, "dueFor", from)).toEqual([0, 90_000]);
  });

  it("says nothing of a refresh that is not due where only something is owed", async () => {
    const { world, from } = await connected();
    world.faults.failNext("publisher.publish");
    await world.refreshNow();
    await world.sweepLater(600_000);
    expect(told(world, "owed", from)).toEqual([1]);
    expect(told(world, "dueFor", from)).toEqual([0]);
  });

  it("says that a breaker is open", async () => {
    const { world, from } = await connected();
    world.server.script.push(answers.wrongClient, answers.wrongClient);
    world.until(world.stored().refreshAt);
    await world.sweep();
    await world.sweep();
    expect(told(world, "breaker", from)).toEqual([false, true]);
  });

  it("counts what is owed for longer than a minute, and what was published", async () => {
    const { world, from } = await connected();
    world.faults.failNext("publisher.publish");
    await world.refreshNow();
    expect([told(world, "published", from), told(world, "owed", from)]).toEqual([[], []]);
    await world.sweepLater();
    expect([told(world, "published", from), told(world, "owed", from)]).toEqual([[true], [1]]);
  });

  it("counts a connection that it could not even look at", async () => {
    const { world, from } = await connected();
    world.until(world.stored().refreshAt);
    world.faults.failNext("connections.read");
    expect((await world.sweep()).failed).toBe(1);
    expect(told(world, "unattended", from)).toEqual([true]);
  });

  it("does not call a connection expired whose grant is dead", async () => {
    const { world } = await connected();
    world.server.script.push(answers.deadGrant);
    world.faults.failNext("events.send");
    await expect(world.refreshNow()).rejects.toThrow();
    world.expire();
    const from = world.measured.length;
    await world.sweepLater();
    expect(world.stored(acme).status).toBe("reauthorization_required");
    expect([told(world, "owed", from), told(world, "expired", from)]).toEqual([[1], []]);
  });
});
