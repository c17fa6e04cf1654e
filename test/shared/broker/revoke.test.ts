import { describe, expect, it } from "vitest";
import type { Provider } from "../../../shared/providers/provider.ts";
import { acme, answers, type BrokerWorld, brokerWorld, type WorldOptions } from "../../support/broker-world.ts";

async function connected(options: WorldOptions = {}) {
  const world = brokerWorld(options);
  const { grant } = await world.connect();
  return { world, grant };
}

function withoutRevocation(provider: Provider): Provider {
  const { revocation: _revocation, ...rest } = provider;
  return rest;
}

function unreachable(world: BrokerWorld) {
  world.server.revocationAnswer = () => new Response("<html>", { status: 503 });
}

describe("revoking", () => {
  it("ends the grant at the provider, takes the tokens away and leaves a tombstone", async () => {
    const { world, grant } = await connected();
    expect(await world.revoke()).toMatchObject({ status: "revoked", revocation: { upstream: "revoked" } });
    expect(grant.alive).toBe(false);
    expect(world.stored()).toMatchObject({ generation: 2, tokens: null, expiresAt: null, owed: {}, attempt: null });
    expect(world.published()).toEqual({
      provider: "rd-station",
      account: "acme",
      generation: 2,
      revoked_at: "2026-11-21T18:00:00.000Z",
    });
    expect(world.told()).toEqual(["active", "revoking", "revoked"]);
    expect(world.dueAt()).toBeNull();
    world.expectNoLeak();
  });

  it("refreshes first where the provider wants a bearer that lives", async () => {
    const { world, grant } = await connected({ rotation: "single-use" });
    world.expire();
    expect(await world.revoke()).toMatchObject({ status: "revoked", generation: 3 });
    expect(world.server.redemptions).toHaveLength(2);
    expect(world.server.revocations).toEqual([grant.refreshToken]);
    expect(grant.alive).toBe(false);
  });

  it("refreshes once at most, however short the provider's access tokens live", async () => {
    const { world, grant } = await connected();
    world.server.lifeSeconds = 20;
    world.server.latency = 100;
    world.expire();
    expect(await world.revoke()).toMatchObject({ status: "revoked", revocation: { upstream: "revoked" } });
    expect(world.server.redemptions).toHaveLength(2);
    expect(grant.alive).toBe(false);
  });

  it("does not go on redeeming where the provider sends no access token", async () => {
    const { world } = await connected({ rotation: "single-use" });
    world.expire();
    world.server.latency = 100;
    world.server.script.push(...Array.from({ length: 1_000 }, () => answers.withoutAccessToken));
    expect(await world.revoke()).toMatchObject({ status: "revoking" });
    expect(world.server.redemptions.length).toBeLessThanOrEqual(3);
  });

  it("is over where the provider says that the grant was dead already", async () => {
    const { world, grant } = await connected();
    grant.alive = false;
    expect(await world.revoke()).toMatchObject({ status: "revoked", revocation: { upstream: "already_invalid" } });
  });

  it("does not call a grant dead whose refresh token was spent by an attempt that lost the answer", async () => {
    const { world, grant } = await connected({ rotation: "single-use" });
    world.expire();
    world.server.script.push(answers.lost);
    await expect(world.read()).rejects.toMatchObject({ code: "provider_unavailable" });
    const { status, revocation } = await world.revoke();
    expect(status).toBe("revoked");
    expect(grant.alive).toBe(true);
    expect(revocation?.upstream).not.toBe("already_invalid");
  });

  it("goes on with the next sweep while the provider cannot be reached", async () => {
    const { world, grant } = await connected();
    unreachable(world);
    expect(await world.revoke()).toMatchObject({ status: "revoking" });
    await expect(world.read()).rejects.toMatchObject({ code: "connection_revoked" });
    expect(world.published()).not.toHaveProperty("access_token");
    await world.sweepLater();
    expect(world.stored().status).toBe("revoking");
    world.server.revocationAnswer = undefined;
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "revoked", revocation: { upstream: "revoked" } });
    expect(grant.alive).toBe(false);
    expect(world.told()).toEqual(["active", "revoking", "revoked"]);
  });

  it("does not wait for the provider where it is forced", async () => {
    const { world } = await connected();
    unreachable(world);
    expect(await world.revoke({ force: true })).toMatchObject({
      status: "revoked",
      tokens: null,
      revocation: { upstream: "abandoned" },
    });
  });

  it("may be asked for again, and answers with the outcome that is stored", async () => {
    const { world } = await connected();
    const first = await world.revoke();
    expect(await world.revoke()).toEqual(first);
    expect(await world.revoke({ force: true })).toEqual(first);
    expect(world.server.revocations).toHaveLength(1);
  });

  it("tries again at once where it is asked for again", async () => {
    const { world } = await connected();
    unreachable(world);
    await world.revoke();
    world.server.revocationAnswer = undefined;
    expect(await world.revoke()).toMatchObject({ status: "revoked" });
  });

  it("ends here alone where the provider has no endpoint for it", async () => {
    const { world } = await connected({ provider: withoutRevocation });
    expect(await world.revoke()).toMatchObject({ status: "revoked", revocation: { upstream: "unsupported" } });
  });

  it("does not find what is not there", async () => {
    const world = brokerWorld();
    await expect(world.revoke()).rejects.toMatchObject({ code: "connection_not_found" });
  });

  it("works on a connection whose grant is believed dead", async () => {
    const { world } = await connected();
    world.server.script.push(answers.deadGrant);
    await world.refreshNow().catch(() => undefined);
    expect(await world.revoke()).toMatchObject({ status: "revoked", reason: null });
    expect(world.told()).toEqual(["active", "reauthorization_required", "revoking", "revoked"]);
  });

  it("wins against refreshes that commit all the time", async () => {
    const { world } = await connected();
    for (let round = 0; round < 3; round++)
      world.faults.before("connections.write", () => world.refreshNow(), { skip: 2 * round });
    expect(await world.revoke()).toMatchObject({ status: "revoked" });
  });

  it("by two at once is one revocation", async () => {
    const { world } = await connected();
    world.server.latency = 500;
    const [first, second] = await Promise.all([world.revoke(), world.revoke()]);
    expect([first.status, second.status]).toEqual(["revoked", "revoked"]);
    expect(world.server.revocations).toHaveLength(1);
    expect(world.told()).toEqual(["active", "revoking", "revoked"]);
  });
});

describe("a revocation whose process died", () => {
  it("after the provider's answer is found again, and comes to its end", async () => {
    const { world } = await connected();
    const died = world.faults.freeze("fetch", "after");
    void world.revoke();
    await died.reached;
    await world.sweepLater();
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "revoked", revocation: { upstream: "already_invalid" } });
  });

  it("after the provider's answer comes to its end also where it had refreshed first", async () => {
    const { world } = await connected();
    world.expire();
    const died = world.faults.freeze("fetch", "after", { skip: 1 });
    void world.revoke();
    await died.reached;
    await world.sweepLater();
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "revoked", revocation: { upstream: "already_invalid" } });
  });
});

describe("a revocation that comes back after its lease", () => {
  it("to a newer authorization calls nobody", async () => {
    const { world } = await connected();
    const frozen = world.faults.freeze("vault.openKey", "before");
    const revoking = world.revoke();
    await frozen.reached;
    world.clock.advance(18_000);
    const callback = await world.authorizing(await world.ticket());
    expect(await callback({ code: world.server.code() })).toMatchObject({
      request: { outcome: { result: "authorized" } },
    });
    frozen.release();
    await revoking;
    expect(world.server.revocations).toEqual([]);
    expect(world.stored()).toMatchObject({ status: "active" });
  });
});

describe("a forced revocation", () => {
  it("leaves a candidate that came in between where the sweep finds it", async () => {
    const { world } = await connected();
    unreachable(world);
    const importing = world.faults.freeze("fetch", "before", { skip: 1 });
    world.faults.before(
      "connections.write",
      async () => {
        world.clock.advance(18_000);
        void world.import(world.server.grant("Another").refreshToken);
        await importing.reached;
      },
      { skip: 3 },
    );
    await world.revoke({ force: true });
    const { candidate } = world.stored();
    expect(candidate).not.toBeNull();
    expect(world.dueAt(acme)).toBeLessThanOrEqual(world.clock.now() + 17_000);
    expect(world.dueAt(acme)).not.toBeNull();
  });
});

describe("a revocation that the operator did not wait for", () => {
  it("stays one where the refresh for its call is refused afterwards", async () => {
    const world = brokerWorld();
    await world.connect();
    world.expire();
    world.server.script.push(answers.deadGrant, answers.deadGrant);
    const refreshing = world.faults.freeze("fetch", "before");
    const revoking = world.revoke();
    await refreshing.reached;
    await world.revoke({ force: true });
    refreshing.release();
    await revoking;
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "revoked", tokens: null, attempt: { ended: true } });
    expect(world.told()).toEqual(["active", "revoking", "revoked"]);
  });
});
