import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { setLabel } from "../../../shared/broker/bookkeeping-writes.ts";
import { fingerprint } from "../../../shared/broker/read-access-token.ts";
import { acme, answers, type BrokerWorld, brokerWorld, rest } from "../../support/broker-world.ts";

const day = 86_400;

async function connected(options: Parameters<typeof brokerWorld>[0] = {}): Promise<BrokerWorld> {
  const world = brokerWorld(options);
  await world.connect();
  return world;
}

/** Until so many seconds of the access token's life are left. */
function untilLeft(world: BrokerWorld, seconds: number) {
  world.until((world.stored().expiresAt ?? 0) - seconds * 1000);
}

describe("a reader", () => {
  it("gets the current token with everything that was promised, and nobody is asked for it", async () => {
    const world = await connected();
    const { accessToken } = await world.tokens();
    expect(await world.read()).toEqual({
      access_token: accessToken,
      token_type: "Bearer",
      issued_at: "2026-11-21T18:00:00.000Z",
      expires_at: "2026-11-22T18:00:00.000Z",
      origin: "https://api.rd.services",
      generation: 1,
    });
    expect(world.server.redemptions).toHaveLength(1);
  });

  it("has an expired token refreshed", async () => {
    const world = await connected();
    world.expire();
    const token = await world.read();
    expect(token).toMatchObject({ generation: 2, access_token: (await world.tokens()).accessToken });
    expect(Date.parse(token.expires_at)).toBeGreaterThan(world.clock.now());
  });

  it.each([
    ["60 seconds of a long life", day, 60, 59],
    ["a tenth of a short one", 300, 30, 29],
  ])("asks for %s where it does not say", async (_, life, enough, tooLittle) => {
    const world = brokerWorld();
    world.server.lifeSeconds = life;
    await world.connect();
    untilLeft(world, enough);
    expect(await world.read()).toMatchObject({ generation: 1 });
    untilLeft(world, tooLittle);
    expect(await world.read()).toMatchObject({ generation: 2 });
  });

  it("gets at least the life it asks for, up to 80 % of a new token's", async () => {
    const world = await connected();
    untilLeft(world, day * 0.8);
    expect(await world.read({ minimumSeconds: day * 0.8 })).toMatchObject({ generation: 1 });
    untilLeft(world, day * 0.8 - 1);
    expect(await world.read({ minimumSeconds: day * 0.8 })).toMatchObject({ generation: 2 });
    await expect(world.read({ minimumSeconds: day * 0.8 + 1 })).rejects.toMatchObject({ code: "invalid_request" });
  });

  it("learns what to do where there is no token for it", async () => {
    const world = brokerWorld();
    await expect(world.read()).rejects.toMatchObject({ code: "connection_not_found" });
    await world.connect();
    world.expire();
    world.server.script.push(answers.deadGrant);
    await expect(world.read()).rejects.toMatchObject({ code: "reauthorization_required" });
    await expect(world.read()).rejects.toMatchObject({ code: "reauthorization_required" });
    await world.revoke();
    await expect(world.read()).rejects.toMatchObject({ code: "connection_revoked" });
    await expect(world.read({ minimumSeconds: 10 * day })).rejects.toMatchObject({ code: "connection_revoked" });
  });

  it.each([
    ["lost", "provider_unavailable"],
    ["html", "provider_unavailable"],
    ["wrongClient", "client_credentials_rejected"],
  ] as const)(
    "whose refresh is answered with %s gets the current token while it lives, and then %s",
    async (name, code) => {
      const world = await connected();
      untilLeft(world, 59);
      world.server.script.push(answers[name]);
      expect(await world.read()).toMatchObject({ generation: 1 });
      expect(await world.read()).toMatchObject({ generation: 1 });
      expect(world.server.redemptions).toHaveLength(2);
      world.expire();
      world.server.script.push(answers[name]);
      await expect(world.read()).rejects.toMatchObject({ code });
    },
  );

  it("who asked for more life than the current token has gets no current token instead", async () => {
    const world = await connected();
    untilLeft(world, 3_000);
    world.server.script.push(answers.html);
    await expect(world.read({ minimumSeconds: 3_600 })).rejects.toMatchObject({ code: "provider_unavailable" });
    await expect(world.read({ minimumSeconds: 3_600 })).rejects.toMatchObject({ code: "provider_unavailable" });
  });

  it("waits five seconds for another's attempt at the most", async () => {
    const world = await connected();
    world.expire();
    const frozen = world.faults.freeze("fetch", "before");
    void world.read();
    await frozen.reached;
    const begun = world.clock.now();
    await expect(world.read()).rejects.toMatchObject({ code: "refresh_in_progress", retryAfterSeconds: 2 });
    expect(world.clock.now() - begun).toBeLessThanOrEqual(5_000);
    expect(world.clock.now() - begun).toBeGreaterThan(3_900);
  });

  it("takes over where the holder of the lease has died", async () => {
    const world = await connected();
    world.expire();
    const died = world.faults.freeze("vault.openKey", "before");
    void world.read();
    await died.reached;
    world.clock.advance(15_000);
    expect(await world.read()).toMatchObject({ generation: 2 });
  });
});

describe("a reader never gets a token known to be expired", () => {
  it("where the provider's answer held a new refresh token and no access token", async () => {
    const world = await connected({ rotation: "single-use" });
    world.expire();
    world.server.script.push(answers.withoutAccessToken);
    await expect(world.read()).rejects.toMatchObject({ code: "provider_unavailable" });
    expect((await world.tokens()).refreshToken).toBe(
      world.server.grantOf(world.server.redemptions[1] ?? "")?.refreshToken,
    );
    await world.sweepLater();
    expect(await world.read()).toMatchObject({ generation: 3 });
  });

  it("where it expires while it is being opened", async () => {
    const world = await connected();
    untilLeft(world, 61);
    world.faults.before("vault.openKey", async () => world.clock.advance(62_000));
    const token = await world.read().catch((error: unknown) => error);
    if (!(token instanceof Error)) {
      expect(Date.parse((token as { expires_at: string }).expires_at)).toBeGreaterThan(world.clock.now());
    }
  });

  it("nor one with less life than it asked for", async () => {
    const world = await connected();
    untilLeft(world, 3_000);
    world.server.script.push(answers.shortLived);
    await expect(world.read({ minimumSeconds: 3_600 })).rejects.toMatchObject({ code: "provider_unavailable" });
  });
});

describe("a reader whose token was rejected", () => {
  it("gets the current one where it was rejected for an older one", async () => {
    const world = await connected();
    const old = await world.read();
    await world.refreshNow();
    expect(await world.read({ rejected: fingerprint(old.access_token) })).toMatchObject({ generation: 2 });
    expect(world.server.redemptions).toHaveLength(2);
  });

  it("gets another one, and then not another one for a minute", async () => {
    const world = await connected();
    const first = await world.read();
    const second = await world.read({ rejected: fingerprint(first.access_token) });
    expect(second).toMatchObject({ generation: 2 });
    world.clock.advance(1_000);
    const rejected = fingerprint(second.access_token);
    await expect(world.read({ rejected })).rejects.toMatchObject({ code: "token_just_issued", retryAfterSeconds: 59 });
    world.clock.advance(59_000);
    expect(await world.read({ rejected })).toMatchObject({ generation: 3 });
  });

  it("never gets the same one back", async () => {
    const world = await connected({ rotation: "single-use" });
    const { access_token } = await world.read();
    world.server.script.push(answers.html);
    const rejected = fingerprint(access_token);
    await expect(world.read({ rejected })).rejects.toMatchObject({ code: "provider_unavailable" });
    await expect(world.read({ rejected })).rejects.toMatchObject({ code: "provider_unavailable" });
    world.clock.advance(60_000);
    world.server.script.push(answers.withoutAccessToken);
    await expect(world.read({ rejected })).rejects.toMatchObject({ code: "provider_unavailable" });
  });

  it("is one of many, and causes one redemption with them", async () => {
    const world = await connected();
    const { access_token } = await world.read();
    world.server.latency = 500;
    const rejected = fingerprint(access_token);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => world.read({ rejected })));
    expect(world.server.redemptions).toHaveLength(2);
    expect(new Set(tokens.map((token) => token.generation))).toEqual(new Set([2]));
  });

  it("reports it by the first 16 hex digits of its SHA-256", () => {
    expect(fingerprint("access")).toBe(createHash("sha256").update("access").digest("hex").slice(0, 16));
  });
});

describe("a reader during whose refresh", () => {
  it.each(["fetch", "publisher.publish", "connections.discharge"])(
    "the connection is revoked (at %s) is told so",
    async (call) => {
      const world = await connected();
      world.expire();
      const frozen = world.faults.freeze(call, "before");
      const reading = world.read().catch((error: unknown) => error);
      await frozen.reached;
      const revoking = world.revoke();
      await rest();
      frozen.release();
      expect(await reading).toMatchObject({ code: "connection_revoked" });
      await revoking;
    },
  );

  it("a newer token is committed gets one of the two, whole", async () => {
    const world = await connected();
    world.expire();
    world.faults.before("connections.discharge", () => world.refreshNow());
    const token = await world.read();
    const newest = await world.tokens();
    expect(world.stored().generation).toBe(3);
    expect(token.access_token === newest.accessToken).toBe(token.generation === 3);
  });

  it("the store fails after the commit gets the token all the same", async () => {
    const world = await connected();
    world.expire();
    world.faults.before("connections.discharge", async () => {
      await world.connections.write(acme, setLabel(world.stored(), "Other", { by: "x", actor: "x", now: 0 }));
      world.faults.failNext("connections.read");
    });
    expect(await world.read()).toMatchObject({ generation: 2 });
  });

  it("publishing and telling fail gets the token all the same", async () => {
    const world = await connected();
    world.expire();
    world.faults.failNext("publisher.publish");
    expect(await world.read()).toMatchObject({ generation: 2 });
    expect(world.published()).toMatchObject({ generation: 1 });
    await world.sweepLater();
    expect(world.published()).toMatchObject({ generation: 2 });
  });
});
