import { describe, expect, it } from "vitest";
import { dueAt } from "../../../shared/broker/connection.ts";
import { BrokerError } from "../../../shared/broker/error.ts";
import type { Provider } from "../../../shared/providers/provider.ts";
import { acme, answers, brokerWorld, type Rotation, rest } from "../../support/broker-world.ts";

function withoutRevocation(provider: Provider): Provider {
  const { revocation: _revocation, ...others } = provider;
  return others;
}

describe("importing a refresh token", () => {
  it("connects an account: redeemed at once, labelled, published and told of", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    const grant = world.server.grant("Acme Ltda.");
    const { connection, created } = await world.import(grant.refreshToken);
    expect(created).toBe(true);
    expect(connection).toMatchObject({
      status: "active",
      generation: 1,
      label: "Acme Ltda.",
      candidate: null,
      owed: {},
    });
    expect((await world.tokens()).refreshToken).toBe(grant.refreshToken);
    expect(world.published()).toMatchObject({ generation: 1 });
    expect(world.told()).toEqual(["active"]);
    expect(world.dueAt()).toBe(connection.refreshAt);
    world.expectNoLeak();
  });

  it("replaces what is stored once it is accepted", async () => {
    const world = brokerWorld();
    await world.connect();
    const grant = world.server.grant("Another");
    const { connection, created } = await world.import(grant.refreshToken);
    expect(created).toBe(false);
    expect(connection).toMatchObject({ generation: 2, label: "Another" });
    expect((await world.tokens()).refreshToken).toBe(grant.refreshToken);
  });

  it("does not redeem the token that is stored already", async () => {
    const world = brokerWorld();
    const { connection, grant } = await world.connect();
    expect(await world.import(grant.refreshToken)).toEqual({ connection, created: false });
    expect(world.server.redemptions).toHaveLength(1);
  });

  it("connects a revoked account anew, above all its generations", async () => {
    const world = brokerWorld();
    await world.connect();
    await world.revoke();
    const { connection, created } = await world.import(world.server.grant().refreshToken);
    expect(created).toBe(false);
    expect(connection).toMatchObject({ status: "active", generation: 3, revocation: null });
    expect(world.published()).toMatchObject({ generation: 3, access_token: (await world.tokens()).accessToken });
  });

  it.each([
    ["deadGrant", "grant_rejected"],
    ["wrongClient", "client_credentials_rejected"],
    ["html", "provider_unavailable"],
    ["unreached", "provider_unavailable"],
  ] as const)("leaves everything as it was where the provider's answer is %s: %s", async (name, code) => {
    const world = brokerWorld();
    await world.connect();
    const { generation, status, tokens, refreshAt, retry, lastRefresh, label } = world.stored();
    world.server.script.push(answers[name]);
    await expect(world.import(world.server.grant().refreshToken)).rejects.toMatchObject({ code });
    expect(world.stored()).toMatchObject({
      generation,
      status,
      tokens,
      refreshAt,
      retry,
      lastRefresh,
      label,
      candidate: null,
    });
    expect(world.dueAt()).toBe(refreshAt);
  });

  it("says that our client credentials are missing, and not that anybody has refused them", async () => {
    const world = brokerWorld();
    world.credentials.stored.clear();
    await expect(world.import(world.server.grant().refreshToken)).rejects.toMatchObject({
      code: "client_credentials_rejected",
      message: expect.stringMatching(/^There are no client credentials .* send the refresh token again\.$/),
      retryAfterSeconds: expect.any(Number),
    });
    expect(world.server.redemptions).toEqual([]);
    expect(world.connections.items.size).toBe(0);
  });

  it("leaves nothing at all where nothing was connected before", async () => {
    const world = brokerWorld();
    world.server.script.push(answers.deadGrant);
    await expect(world.import("x")).rejects.toMatchObject({ code: "grant_rejected" });
    await expect(world.read()).rejects.toMatchObject({ code: "connection_not_found" });
    expect(world.told()).toEqual([]);
    expect(world.connections.items.size).toBe(0);
  });

  it("that is taken back while its outcome is unknown is not connected any more, and its grant is left to whoever joins it", async () => {
    const world = brokerWorld();
    const grant = world.server.grant();
    const frozen = world.faults.freeze("fetch", "after");
    const importing = world.import(grant.refreshToken).catch((error: unknown) => error);
    await frozen.reached;
    await expect(world.revoke()).rejects.toMatchObject({ code: "connection_not_found" });
    frozen.release();
    expect(await importing).toMatchObject({ code: "connection_revoked" });
    expect(world.connections.items.size).toBe(0);
    expect(grant.alive).toBe(true);
  });

  it("shows nothing of a refused one where something was connected before", async () => {
    const world = brokerWorld();
    await world.connect();
    const { updatedAt } = world.stored();
    world.clock.advance(60_000);
    await expect(world.import("refused")).rejects.toMatchObject({ code: "grant_rejected" });
    expect(world.stored().updatedAt).toBe(updatedAt);
  });

  it.each(["", "with space", "línea", "x".repeat(16_385)])("refuses %j as a refresh token", async (refreshToken) => {
    const world = brokerWorld();
    await expect(world.import(refreshToken)).rejects.toMatchObject({ code: "invalid_request" });
    expect(world.connections.items.size).toBe(0);
  });

  it("waits for another's attempt, and stores nothing where that takes too long", async () => {
    const world = brokerWorld();
    await world.connect();
    const frozen = world.faults.freeze("fetch", "before");
    void world.refreshNow();
    await frozen.reached;
    await expect(world.import(world.server.grant().refreshToken)).rejects.toMatchObject({
      code: "refresh_in_progress",
    });
    expect(world.stored().candidate).toBeNull();
  });
});

describe("an import whose outcome is unknown", () => {
  it("is answered with 503, and resolved by the sweep", async () => {
    const world = brokerWorld({ rotation: "new-old-still-valid" });
    const grant = world.server.grant();
    world.server.script.push(answers.lost);
    await expect(world.import(grant.refreshToken)).rejects.toMatchObject({ code: "provider_unavailable" });
    expect(world.stored()).toMatchObject({ status: "unconnected", candidate: { unknown: true } });
    await expect(world.read()).rejects.toMatchObject({ code: "connection_not_found" });
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "active", generation: 1, label: "Acme Ltda.", candidate: null });
    expect((await world.tokens()).refreshToken).toBe(grant.refreshToken);
  });

  it("is answered with 503 also where the store did not take the answer", async () => {
    const world = brokerWorld({ rotation: "new-old-still-valid" });
    world.faults.after("fetch", async () => world.faults.outage("connections.write", 10_000));
    await expect(world.import(world.server.grant().refreshToken)).rejects.toMatchObject({
      code: "provider_unavailable",
    });
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "active", generation: 1 });
  });

  it("is resolved by the sweep where its process died", async () => {
    const world = brokerWorld({ rotation: "new-old-still-valid" });
    const died = world.faults.freeze("fetch", "after");
    void world.import(world.server.grant().refreshToken);
    await died.reached;
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "active", generation: 1 });
  });

  it("leaves what is stored beside it as it was, and refreshed as ever", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    const { grant } = await world.connect();
    world.until(world.stored().refreshAt);
    world.server.script.push(answers.lost, answers.lost);
    await expect(world.import(world.server.grant().refreshToken)).rejects.toMatchObject({
      code: "provider_unavailable",
    });
    for (let round = 0; round < 3; round++) await world.sweepLater();
    const { status, generation, candidate, unknown } = world.stored();
    expect({ status, generation, refused: candidate?.refused, unknown }).toEqual({
      status: "active",
      generation: 2,
      refused: true,
      unknown: false,
    });
    expect((await world.tokens()).refreshToken).toBe(grant.refreshToken);
    await world.sweepLater(86_400_000);
    expect(world.stored().candidate).toBeNull();
  });

  it("is stored by a process that stood still with the answer in hand, although the refusal of its token is known", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    await world.connect();
    const handedIn = world.server.grant("Another");
    const frozen = world.faults.freeze("fetch", "after");
    const importing = world.import(handedIn.refreshToken);
    await frozen.reached;
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ generation: 1, candidate: { refused: true } });
    frozen.release();
    await importing;
    expect(world.stored()).toMatchObject({ status: "active", generation: 2, candidate: null });
    expect((await world.tokens()).refreshToken).toBe(handedIn.refreshToken);
  });

  it("is given up where the provider then refuses it, and after a day", async () => {
    const world = brokerWorld({ rotation: "single-use" });
    world.server.script.push(...Array.from({ length: 200 }, () => answers.lost));
    await expect(world.import(world.server.grant().refreshToken)).rejects.toMatchObject({
      code: "provider_unavailable",
    });
    for (let round = 0; round < 150; round++) await world.sweepLater(601_000);
    expect(world.connections.items.size).toBe(0);
  });

  it("is signed by the one who asked for it, whoever resolves it", async () => {
    const world = brokerWorld({ rotation: "new-old-still-valid" });
    world.server.script.push(answers.lost);
    await expect(world.import(world.server.grant().refreshToken)).rejects.toMatchObject({
      code: "provider_unavailable",
    });
    await world.sweepLater();
    expect(world.events.sent[0]?.event).toMatchObject({ status: "active", actor: "tester" });
  });
});

describe("an import whose process stands still, where presenting its token again ends the grant", () => {
  it("is left alone for an hour, and stores what it received", async () => {
    const world = brokerWorld({ rotation: "single-use-family" });
    const handedIn = world.server.grant();
    const frozen = world.faults.freeze("fetch", "after");
    const importing = world.import(handedIn.refreshToken);
    await frozen.reached;
    await world.sweepLater();
    expect(world.server.redemptions).toHaveLength(1);
    frozen.release();
    await importing;
    expect(world.stored()).toMatchObject({ status: "active", generation: 1 });
    expect(world.server.grantOf((await world.tokens()).refreshToken)?.alive).toBe(true);
  });

  it("is tried again after that where its process has died", async () => {
    const world = brokerWorld({ rotation: "single-use-family" });
    const died = world.faults.freeze("fetch", "before");
    void world.import(world.server.grant().refreshToken);
    await died.reached;
    await world.sweepLater();
    await world.sweepLater(3_600_000);
    expect(world.stored()).toMatchObject({ status: "active", generation: 1 });
  });
});

describe("an import that was overtaken after it had redeemed", () => {
  const rotations: readonly Rotation[] = ["same", "new-old-still-valid", "single-use"];

  it.each(rotations)("by a revocation does not bring the connection back (%s)", async (rotation) => {
    const world = brokerWorld({ rotation, provider: withoutRevocation });
    await world.connect();
    const frozen = world.faults.freeze("fetch", "after");
    const importing = world.import(world.server.grant().refreshToken).catch((error: unknown) => error);
    await frozen.reached;
    await world.revoke({ force: true });
    frozen.release();
    await importing;
    await world.sweepLater();
    expect(world.stored().status).toBe("revoked");
    expect(world.server.redemptions).toHaveLength(2);
  });

  it("by a revocation has what it received revoked", async () => {
    const world = brokerWorld();
    await world.connect();
    const grant = world.server.grant("Another");
    const frozen = world.faults.freeze("fetch", "after");
    const importing = world.import(grant.refreshToken).catch((error: unknown) => error);
    await frozen.reached;
    await world.revoke({ force: true });
    frozen.release();
    await importing;
    expect(grant.alive).toBe(false);
    expect(world.stored().status).toBe("revoked");
  });

  it.each(rotations)("by a newer authorization redeems nothing again and replaces nothing (%s)", async (rotation) => {
    const world = brokerWorld({ rotation });
    const frozen = world.faults.freeze("fetch", "after");
    const importing = world.import(world.server.grant("Another").refreshToken).catch((error: unknown) => error);
    await frozen.reached;
    const callback = await world.authorizing(await world.ticket());
    await callback({ code: world.server.code("Authorized") });
    frozen.release();
    await importing;
    expect(world.stored()).toMatchObject({ status: "active", label: "Authorized", generation: 1 });
    expect(world.server.redemptions).toHaveLength(1);
  });

  it("by a late commit of the old grant is resolved without redeeming it twice at a time", async () => {
    const world = brokerWorld({ rotation: "new-old-still-valid" });
    await world.connect();
    const late = world.faults.freeze("connections.write", "before", { skip: 1 });
    const refreshing = world.refreshNow();
    await late.reached;
    world.clock.advance(18_000);
    const other = world.server.grant("Another");
    const handed = other.refreshToken;
    world.server.script.push(answers.lost);
    const frozen = world.faults.freeze("fetch", "after");
    const importing = world.import(handed).catch((error: unknown) => error);
    await frozen.reached;
    late.release();
    await refreshing;
    frozen.release();
    expect(await importing).toBeInstanceOf(BrokerError);
    expect(world.server.redemptions.filter((token) => token === handed)).toHaveLength(1);
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ candidate: null, label: "Another" });
  });
});

describe("learning the label", () => {
  it("is best effort", async () => {
    const world = brokerWorld();
    world.faults.failNext("fetch", { skip: 1 });
    await world.import(world.server.grant().refreshToken);
    expect(world.stored()).toMatchObject({ status: "active", label: null, owed: {} });
  });

  it("does not hide from the sweep what began meanwhile", async () => {
    const world = brokerWorld({ publish: false });
    await world.connect();
    world.faults.before(
      "fetch",
      async () => {
        const died = world.faults.freeze("fetch", "before");
        void world.refreshNow();
        await died.reached;
      },
      { skip: 1 },
    );
    await world.import(world.server.grant("Another").refreshToken);
    await rest();
    expect(world.stored().attempt).not.toBeNull();
    expect(world.dueAt(acme)).toBe(dueAt(world.stored()));
  });
});
