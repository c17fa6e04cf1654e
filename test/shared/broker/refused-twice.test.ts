import { describe, expect, it } from "vitest";
import type { ConnectionId } from "../../../shared/broker/connection-id.ts";
import { itflex } from "../../../shared/providers/itflex.ts";
import { type Answer, answers, brokerWorld, rest } from "../../support/broker-world.ts";

const tenant: ConnectionId = "itflex/tenant";
const origin = "https://itflex.tenant.example";

const deadKey: Answer = () => Response.json({ msg: "Valid authentication token required" }, { status: 401 });
const proxy: Answer = () => new Response("<html><h1>401 Authorization Required</h1></html>", { status: 401 });

/** A connection at iTFLEX whose access token is due. */
async function due() {
  const world = brokerWorld({ provider: () => itflex });
  world.server.lifeSeconds = 900;
  await world.import(world.server.grant().refreshToken, tenant, origin);
  world.until(world.stored(tenant).refreshAt);
  return world;
}

const statusOf = (world: Awaited<ReturnType<typeof due>>) => {
  const { status, reason, refusals } = world.stored(tenant);
  return { status, reason, refusals };
};

const doubted = { status: "degraded", reason: null, refusals: 1 };
const dead = { status: "reauthorization_required", reason: "grant_rejected", refusals: 0 };

describe("a refusal that has to be repeated before it is believed", () => {
  it("leaves the connection degraded, and its reader with the token that still lives", async () => {
    const world = await due();
    world.server.script.push(deadKey);
    await world.sweep();
    expect(statusOf(world)).toEqual(doubted);
    expect(world.stored(tenant).retry?.at).toBeGreaterThan(world.clock.now());
    expect(await world.read({}, tenant)).toMatchObject({ generation: 1 });
    expect(world.told()).toEqual(["active", "degraded"]);
  });

  it("condemns the second time, a backoff later", async () => {
    const world = await due();
    world.server.script.push(deadKey, deadKey);
    await world.sweep();
    await world.sweepLater();
    expect(statusOf(world)).toEqual(dead);
    expect(world.told()).toEqual(["active", "degraded", "reauthorization_required"]);
    await world.sweepLater();
    expect(world.server.redemptions).toHaveLength(3);
  });

  it("is forgotten where the next attempt succeeds", async () => {
    const world = await due();
    world.server.script.push(deadKey);
    await world.sweep();
    await world.sweepLater();
    expect(statusOf(world)).toEqual({ status: "active", reason: null, refusals: 0 });
    world.until(world.stored(tenant).refreshAt);
    world.server.script.push(deadKey);
    await world.sweep();
    expect(statusOf(world)).toEqual(doubted);
  });

  it.each([
    ["a proxy's 401", proxy],
    ["a gateway's page", answers.html],
    ["nothing", answers.lost],
  ] as const)("is forgotten where the next answer is %s", async (_, answer) => {
    const world = await due();
    world.server.script.push(deadKey, answer, deadKey);
    for (let round = 0; round < 3; round++) await world.sweepLater();
    expect(statusOf(world)).toEqual(doubted);
  });

  it("counts once where an operator asks again before the backoff is over", async () => {
    const world = await due();
    world.server.script.push(deadKey, deadKey, deadKey, deadKey);
    await world.sweep();
    for (let round = 0; round < 2; round++) {
      await expect(world.refreshNow(tenant)).rejects.toMatchObject({ code: "provider_unavailable" });
      expect(statusOf(world)).toEqual(doubted);
    }
    await world.sweepLater(601_000);
    expect(statusOf(world)).toEqual(dead);
  });

  it("needs no other beside it where it only repeats that the grant is dead", async () => {
    const world = await due();
    world.server.script.push(deadKey, deadKey, deadKey);
    for (let round = 0; round < 2; round++) await world.sweepLater();
    await expect(world.refreshNow(tenant)).rejects.toMatchObject({ code: "reauthorization_required" });
    expect(statusOf(world)).toEqual(dead);
  });

  it("is still counted where the process of the next attempt dies, and that one is not", async () => {
    const world = await due();
    world.server.script.push(deadKey, deadKey, deadKey);
    await world.sweep();
    world.clock.advance(61_000);
    const died = world.faults.freeze("fetch", "after");
    void world.sweep();
    await died.reached;
    expect(statusOf(world)).toEqual(doubted);
    await world.sweepLater();
    expect(statusOf(world)).toMatchObject({ status: "reauthorization_required", refusals: 0 });
    expect(world.server.redemptions).toHaveLength(4);
  });

  it("is counted once where the reply to the write of it was lost", async () => {
    const world = await due();
    world.server.script.push(deadKey);
    world.faults.loseReply("connections.write", { skip: 1 });
    await world.sweep();
    expect(statusOf(world)).toEqual(doubted);
  });

  it("is still counted where the next attempt asks nobody", async () => {
    const world = await due();
    world.server.script.push(deadKey, deadKey);
    await world.sweep();
    world.faults.failNext("vault.openKey");
    await world.sweepLater();
    expect(statusOf(world)).toEqual(doubted);
    await world.sweepLater();
    expect(statusOf(world)).toEqual(dead);
  });

  const calls = [
    ["fetch", 0],
    ["connections.read", 0],
    ["connections.read", 1],
    ["connections.write", 0],
    ["connections.write", 1],
  ] as const;
  const crashes = calls.flatMap(([call, skip]) =>
    (["before", "after"] as const).map((when) => [when, call, skip] as const),
  );

  it.each(crashes)("never condemns alone, and is never forgotten: death %s %s number %i", async (when, call, skip) => {
    const world = await due();
    const died = world.faults.freeze(call, when, { skip });
    world.server.script.push(deadKey);
    void world.sweep();
    await Promise.race([died.reached, rest()]);
    expect(world.stored(tenant).status).not.toBe("reauthorization_required");
    const counted = world.stored(tenant).refusals;
    const presented = world.server.redemptions.length;
    if (world.server.script.length === 0) world.server.script.push(deadKey);
    await world.sweepLater();
    const isSecond = counted === 1 && world.server.redemptions.length > presented;
    expect(world.stored(tenant).status).toBe(isSecond ? "reauthorization_required" : "degraded");
    await world.sweepLater();
    expect(world.stored(tenant).refusals).toBe(0);
  });

  it("is believed at once of a provider that everybody shares", async () => {
    const world = brokerWorld();
    await world.connect();
    world.until(world.stored().refreshAt);
    world.server.script.push(answers.deadGrant);
    await world.sweep();
    expect(world.stored()).toMatchObject(dead);
  });
});
