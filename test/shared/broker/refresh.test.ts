import { describe, expect, it } from "vitest";
import { refresh } from "../../../shared/broker/refresh.ts";
import { acme, answers, brokerWorld, type Rotation, rest } from "../../support/broker-world.ts";

const rotations: readonly Rotation[] = ["same", "new-old-still-valid", "single-use", "single-use-family"];

describe.each(rotations)("a provider whose refresh tokens are: %s", (rotation) => {
  it("is asked once by a scheduled refresh, and the successor is stored, published and told of", async () => {
    const world = brokerWorld({ rotation });
    const { grant } = await world.connect();
    world.until(world.stored().refreshAt);
    await world.sweep();
    expect(world.server.redemptions).toHaveLength(2);
    expect(world.stored()).toMatchObject({ generation: 2, status: "active", attempt: null, owed: {} });
    expect((await world.tokens()).refreshToken).toBe(grant.refreshToken);
    expect(world.published()).toMatchObject({ generation: 2, access_token: (await world.tokens()).accessToken });
    expect(world.told()).toEqual(["active"]);
    world.expectNoLeak();
  });

  it("is asked once by 50 readers of an expired token", async () => {
    const world = brokerWorld({ rotation });
    await world.connect();
    world.expire();
    world.server.latency = 1_500;
    const tokens = await Promise.all(Array.from({ length: 50 }, () => world.read()));
    expect(world.server.redemptions).toHaveLength(2);
    expect(world.server.overlaps).toBe(0);
    expect(new Set(tokens.map((token) => token.access_token)).size).toBe(1);
  });

  it("is asked once by readers, operators and sweeps together", async () => {
    const world = brokerWorld({ rotation });
    await world.connect();
    world.expire();
    world.server.latency = 1_500;
    await Promise.all([
      world.read(),
      world.sweep(),
      world.refreshNow(),
      world.read(),
      world.sweep(),
      world.refreshNow(),
    ]);
    expect(world.server.redemptions).toHaveLength(2);
    expect(world.server.overlaps).toBe(0);
  });

  it("keeps its grant through a hundred refreshes", async () => {
    const world = brokerWorld({ rotation });
    const { grant } = await world.connect();
    for (let round = 0; round < 100; round++) {
      world.until(world.stored().refreshAt);
      await world.sweep();
    }
    expect(world.stored()).toMatchObject({ status: "active", generation: 101 });
    expect((await world.tokens()).refreshToken).toBe(grant.refreshToken);
  });
});

describe("an attempt", () => {
  it("holds the lease while it redeems, so that nobody else does", async () => {
    const world = brokerWorld();
    await world.connect();
    world.expire();
    const frozen = world.faults.freeze("fetch", "before");
    const first = world.read();
    await frozen.reached;
    await expect(world.read()).rejects.toMatchObject({ code: "refresh_in_progress", retryAfterSeconds: 2 });
    expect(world.server.redemptions).toHaveLength(1);
    frozen.release();
    await first;
  });

  it("that begins and loses the reply goes on with what it began", async () => {
    const world = brokerWorld();
    await world.connect();
    world.expire();
    // The SDK repeats a write whose reply was lost, and meets its own.
    world.faults.intercept(async (call, work) => {
      if (call !== "connections.write") return work();
      world.faults.intercept(undefined);
      await work();
      return work();
    });
    await world.read();
    expect(world.stored()).toMatchObject({ generation: 2, attempt: null });
    expect(world.server.redemptions).toHaveLength(2);
  });

  it.each(["vault.openKey", "clientCredentials.read"])("spends nothing where %s fails", async (call) => {
    const world = brokerWorld();
    await world.connect();
    world.expire();
    world.faults.failNext(call);
    await expect(world.read()).rejects.toMatchObject({ code: "internal_error" });
    expect(world.server.redemptions).toHaveLength(1);
    expect(world.stored()).toMatchObject({ unknown: false, attempt: { ended: true }, generation: 1 });
  });

  it("spends nothing where preparing took so long that the lease could end", async () => {
    const world = brokerWorld();
    await world.connect();
    world.expire();
    world.faults.before("vault.openKey", async () => world.clock.advance(4_001));
    await expect(world.read()).rejects.toMatchObject({ code: "provider_unavailable" });
    expect(world.server.redemptions).toHaveLength(1);
  });

  it("is not begun where the invocation ends before it could", async () => {
    const world = brokerWorld();
    await world.connect();
    world.until(world.stored().refreshAt);
    const result = await refresh(
      world.ports,
      acme,
      { kind: "schedule" },
      { actor: "t", endsAt: world.clock.now() + 14_999 },
    );
    expect(result).toMatchObject({ kind: "refused", decision: { kind: "leased" } });
    expect(world.stored().attempt).toBeNull();
  });

  it("whose redemption is refused after somebody else committed says nothing", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    await world.connect();
    world.expire();
    const frozen = world.faults.freeze("fetch", "before");
    const late = world.read();
    await frozen.reached;
    world.clock.advance(18_000);
    await world.read();
    frozen.release();
    await expect(late).resolves.toMatchObject({ generation: 2 });
    expect(world.stored()).toMatchObject({ status: "active", generation: 2 });
    expect(world.told()).toEqual(["active"]);
  });
});

describe("a refusal", () => {
  it("condemns only on the provider's own word", async () => {
    const world = brokerWorld();
    await world.connect();
    world.expire();
    world.server.script.push(answers.deadGrant);
    await expect(world.read()).rejects.toMatchObject({ code: "reauthorization_required" });
    expect(world.stored()).toMatchObject({
      status: "reauthorization_required",
      reason: "grant_rejected",
      generation: 1,
    });
    expect(world.dueAt()).toBeNull();
    expect(world.told()).toEqual(["active", "reauthorization_required"]);
  });

  it.each([
    ["lost", "degraded", true],
    ["unreached", "degraded", false],
    ["html", "degraded", false],
    ["tooMany", "degraded", false],
    ["wrongClient", "active", false],
  ] as const)("does not condemn where the answer is %s", async (name, status, unknown) => {
    const world = brokerWorld();
    await world.connect();
    world.until(world.stored().refreshAt);
    world.server.script.push(answers[name]);
    await world.sweep();
    expect(world.stored()).toMatchObject({ status, unknown, generation: 1, tries: 1, attempt: { ended: true } });
    expect(world.stored().retry?.at).toBeGreaterThan(world.clock.now());
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "active", unknown: false, generation: 2, tries: 0, retry: null });
  });

  it("makes everybody wait as long as the provider asked for, and not the operator", async () => {
    const world = brokerWorld();
    await world.connect();
    world.expire();
    world.server.script.push(answers.tooMany);
    await expect(world.read()).rejects.toMatchObject({ code: "provider_unavailable", retryAfterSeconds: 30 });
    await expect(world.read()).rejects.toMatchObject({ code: "provider_unavailable", retryAfterSeconds: 30 });
    await world.sweep();
    expect(world.server.redemptions).toHaveLength(2);
    await world.refreshNow();
    expect(world.server.redemptions).toHaveLength(3);
  });

  it("of our client credentials forgets them, so that a correction is seen", async () => {
    const world = brokerWorld();
    await world.connect();
    world.expire();
    world.server.script.push(answers.wrongClient);
    await expect(world.read()).rejects.toMatchObject({ code: "client_credentials_rejected" });
    world.credentials.stored.set("rd-station", { clientId: "corrected", clientSecret: "corrected-secret" });
    expect(await world.credentials.read("rd-station")).toMatchObject({ clientId: "corrected" });
  });

  it("after an unknown outcome is told as a lost rotation", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    await world.connect();
    world.until(world.stored().refreshAt);
    world.server.script.push(answers.lost);
    await world.sweep();
    expect(world.stored()).toMatchObject({ status: "degraded", unknown: true, lastRefresh: { outcome: "unknown" } });
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "reauthorization_required", reason: "lost_rotation" });
  });

  it("stays a lost rotation across failures in between", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    await world.connect();
    world.until(world.stored().refreshAt);
    world.server.script.push(answers.lost, answers.html, answers.tooMany);
    await world.sweep();
    for (let round = 0; round < 3; round++) await world.sweepLater();
    expect(world.stored()).toMatchObject({ reason: "lost_rotation" });
  });

  it("is forgotten once an operator's try succeeds", async () => {
    const world = brokerWorld();
    await world.connect();
    world.expire();
    world.server.script.push(answers.deadGrant);
    await expect(world.refreshNow()).rejects.toMatchObject({ code: "reauthorization_required" });
    await world.refreshNow();
    expect(world.stored()).toMatchObject({ status: "active", reason: null, generation: 2 });
    expect(world.told()).toEqual(["active", "reauthorization_required", "active"]);
  });
});

describe("the replay of a refresh token that may be spent", () => {
  it("happens with the next sweep where the old one still works", async () => {
    const world = brokerWorld({ rotation: "new-old-still-valid" });
    const { grant } = await world.connect();
    world.until(world.stored().refreshAt);
    world.server.script.push(answers.lost);
    await world.sweep();
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "active", generation: 2, unknown: false });
    expect((await world.tokens()).refreshToken).toBe(grant.refreshToken);
  });

  it("happens with the next sweep also where a refresh ahead of its time was lost", async () => {
    const world = brokerWorld({ rotation: "new-old-still-valid" });
    await world.connect();
    world.server.script.push(answers.lost);
    await expect(world.refreshNow()).rejects.toMatchObject({ code: "provider_unavailable" });
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "active", generation: 2, unknown: false });
  });

  it("happens with the next sweep also where a refresh ahead of its time crashed", async () => {
    const world = brokerWorld({ rotation: "new-old-still-valid" });
    await world.connect();
    const died = world.faults.freeze("fetch", "after");
    void world.refreshNow();
    await died.reached;
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ generation: 2, unknown: false, attempt: null });
  });

  it("happens with the next sweep also where an operator's last try on a dead grant crashed", async () => {
    const world = brokerWorld({ rotation: "new-old-still-valid" });
    await world.connect();
    world.server.script.push(answers.deadGrant, answers.deadGrant);
    await expect(world.refreshNow()).rejects.toMatchObject({ code: "reauthorization_required" });
    const died = world.faults.freeze("fetch", "after");
    void world.refreshNow();
    await died.reached;
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "active", generation: 2 });
  });

  describe("where it may end the whole family", () => {
    async function crashed() {
      const world = brokerWorld({ rotation: "single-use-family" });
      await world.connect();
      world.until(world.stored().refreshAt);
      const died = world.faults.freeze("fetch", "after");
      void world.sweep();
      await died.reached;
      const { issuedAt, expiresAt } = world.stored();
      const replayAt = (expiresAt ?? 0) - ((expiresAt ?? 0) - (issuedAt ?? 0)) / 10;
      return { world, replayAt };
    }

    it("waits until a tenth of the access token's life is left", async () => {
      const { world, replayAt } = await crashed();
      await world.sweepLater();
      await world.sweepLater();
      expect(world.server.redemptions).toHaveLength(2);
      expect(world.stored()).toMatchObject({ status: "active", unknown: true, retry: { at: replayAt } });
      await expect(world.read()).resolves.toMatchObject({ generation: 1 });
      world.until(replayAt);
      await world.sweep();
      expect(world.server.redemptions).toHaveLength(3);
      expect(world.stored()).toMatchObject({ status: "reauthorization_required", reason: "lost_rotation" });
    });

    it("waits as long after an answer that was lost", async () => {
      const world = brokerWorld({ rotation: "single-use-family" });
      await world.connect();
      world.until(world.stored().refreshAt);
      world.server.script.push(answers.lost);
      await world.sweep();
      await world.sweepLater();
      expect(world.server.redemptions).toHaveLength(2);
    });

    it("waits as long where something was imported in between and refused", async () => {
      const { world } = await crashed();
      world.clock.advance(18_000);
      await expect(world.import("never-heard-of")).rejects.toMatchObject({ code: "grant_rejected" });
      world.server.redemptions.length = 0;
      await world.sweepLater();
      expect(world.server.redemptions).toEqual([]);
    });

    it("waits as long where an operator's try could not be prepared in between", async () => {
      const { world } = await crashed();
      world.clock.advance(18_000);
      world.faults.failNext("vault.openKey");
      await expect(world.refreshNow()).rejects.toMatchObject({ code: "internal_error" });
      world.server.redemptions.length = 0;
      await world.sweepLater();
      expect(world.server.redemptions).toEqual([]);
    });

    it("does not wait for an operator who insists", async () => {
      const { world } = await crashed();
      world.clock.advance(18_000);
      await expect(world.refreshNow()).rejects.toMatchObject({ code: "reauthorization_required" });
    });
  });
});

describe("a refresher that comes back", () => {
  async function withRefreshUnderWay(rotation: Rotation) {
    const world = brokerWorld({ rotation });
    const { grant } = await world.connect();
    const frozen = world.faults.freeze("fetch", "after");
    const refreshing = world.refreshNow().catch((error: unknown) => error);
    await frozen.reached;
    return { world, grant, frozen, refreshing };
  }

  it.each(rotations)("to a newer authorization calls nobody and stores nothing (%s)", async (rotation) => {
    const { world, frozen, refreshing } = await withRefreshUnderWay(rotation);
    const callback = await world.authorizing(await world.ticket());
    await callback({ code: world.server.code() });
    const stored = world.stored();
    const { redemptions } = world.server;
    frozen.release();
    await refreshing;
    expect(world.stored()).toEqual(stored);
    expect(redemptions).toHaveLength(2);
    expect(world.server.revocations).toEqual([]);
  });

  it("to a connection that is being revoked stores the successor, so that the newest is revoked", async () => {
    const { world, grant, frozen, refreshing } = await withRefreshUnderWay("single-use");
    const revoking = world.revoke();
    await rest();
    frozen.release();
    await refreshing;
    expect(await revoking).toMatchObject({ status: "revoked", generation: 3, revocation: { upstream: "revoked" } });
    expect(world.server.revocations).toEqual([grant.refreshToken]);
    expect(grant.alive).toBe(false);
    expect(world.published()).toMatchObject({ generation: 3 });
    expect(world.published()).not.toHaveProperty("access_token");
  });

  it("to a revoked connection revokes what it received", async () => {
    const { world, grant, frozen, refreshing } = await withRefreshUnderWay("single-use");
    await world.revoke({ force: true });
    expect(world.stored()).toMatchObject({ status: "revoked", revocation: { upstream: "abandoned" } });
    frozen.release();
    expect(await refreshing).toMatchObject({ code: "connection_revoked" });
    expect(world.server.revocations).toEqual([grant.refreshToken]);
    expect(grant.alive).toBe(false);
    expect(world.stored().status).toBe("revoked");
  });

  it("to a connection revoked under it says so to its operator", async () => {
    const { world, frozen, refreshing } = await withRefreshUnderWay("same");
    const revoking = world.revoke();
    await rest();
    frozen.release();
    expect(await refreshing).toMatchObject({ code: "connection_revoked" });
    await revoking;
  });

  it("after its lease leaves alone what another has begun", async () => {
    const { world, frozen, refreshing } = await withRefreshUnderWay("new-old-still-valid");
    world.clock.advance(18_000);
    const other = world.server.grant("Another");
    const importing = world.faults.freeze("fetch", "before");
    const imported = world.import(other.refreshToken);
    await importing.reached;
    const { attempt } = world.stored();
    frozen.release();
    await refreshing;
    expect(world.stored()).toMatchObject({ generation: 2, attempt });
    expect(world.dueAt()).toBe(attempt?.leaseUntil);
    importing.release();
    await imported;
    expect((await world.tokens()).refreshToken).toBe(other.refreshToken);
  });
});

describe("a refresh whose process stands still after the access token is over, where a replay ends the grant", () => {
  it("is left alone for a minute after its lease, and stores what it received", async () => {
    const world = brokerWorld({ rotation: "single-use-family" });
    const { grant } = await world.connect();
    world.expire();
    const frozen = world.faults.freeze("fetch", "after");
    const reading = world.read();
    await frozen.reached;
    await world.sweepLater(18_000);
    expect(world.server.redemptions).toHaveLength(2);
    frozen.release();
    await reading;
    expect(world.stored()).toMatchObject({ status: "active", generation: 2 });
    expect(grant.alive).toBe(true);
  });
});
