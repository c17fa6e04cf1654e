import { describe, expect, it } from "vitest";
import { received, redeem } from "../../../shared/broker/redeem.ts";
import type { TokenGrant } from "../../../shared/oauth/failure.ts";
import type { TokenSet } from "../../../shared/oauth/token-set.ts";
import { rdStation } from "../../../shared/providers/rd-station.ts";
import { answers, brokerWorld, startedAt as sentAt, type WorldOptions } from "../../support/broker-world.ts";

const replayable = { defaultLifeSeconds: 900, rotation: "replayable" } as const;
const singleUse = { ...replayable, rotation: "single-use" } as const;
const current: TokenSet = {
  accessToken: "old-access",
  refreshToken: "old",
  previousRefreshToken: "older",
  issuedAt: sentAt - 50_000,
  expiresAt: sentAt + 50_000,
};
const spent = { refreshToken: "old", current };
const full: TokenGrant = { accessToken: "access", refreshToken: "new", lifeSeconds: 60 };
const none = { accessToken: undefined, refreshToken: undefined, lifeSeconds: undefined };
const life = { accessToken: "access", issuedAt: sentAt, expiresAt: sentAt + 60_000 };
const oldLife = { accessToken: "old-access", issuedAt: current.issuedAt, expiresAt: current.expiresAt };

describe("what a grant leaves to be stored", () => {
  it.each<[string, typeof replayable | typeof singleUse, TokenGrant, TokenSet, boolean]>([
    ["a rotation", singleUse, full, { ...life, refreshToken: "new" }, true],
    [
      "a rotation that may leave the old one alive",
      replayable,
      full,
      { ...life, refreshToken: "new", previousRefreshToken: "old" },
      true,
    ],
    [
      "no refresh token: the old one stays",
      singleUse,
      { ...full, refreshToken: undefined },
      { ...life, refreshToken: "old" },
      true,
    ],
    [
      "the same refresh token: it has worked, so the one before goes",
      replayable,
      { ...full, refreshToken: "old" },
      { ...life, refreshToken: "old" },
      true,
    ],
    [
      "no life: the provider's usual one",
      singleUse,
      { ...full, lifeSeconds: undefined },
      { ...life, expiresAt: sentAt + 900_000, refreshToken: "new" },
      true,
    ],
    [
      "a rotation without an access token",
      singleUse,
      { ...none, refreshToken: "new" },
      { ...oldLife, refreshToken: "new" },
      false,
    ],
    [
      "a rotation with an unusable life",
      singleUse,
      { ...full, lifeSeconds: 0 },
      { ...oldLife, refreshToken: "new" },
      false,
    ],
  ])("%s", (_, provider, grant, tokens, usable) => {
    expect(received(provider, grant, sentAt, spent)).toEqual({ ok: true, usable, tokens });
  });

  it("of a code is nothing where no refresh token came with it", () => {
    const result = received(singleUse, { ...full, refreshToken: undefined }, sentAt, {});
    expect(result).toMatchObject({ ok: false, failure: { class: "transient", unknown: true } });
  });

  it("is nothing where neither a usable access token nor a new refresh token came", () => {
    expect(received(singleUse, { ...full, refreshToken: "old", lifeSeconds: 0 }, sentAt, spent)).toMatchObject({
      ok: false,
      failure: { class: "transient", unknown: false },
    });
    expect(received(singleUse, { ...full, refreshToken: undefined, lifeSeconds: 0 }, sentAt, spent)).toMatchObject({
      ok: false,
      failure: { class: "transient", unknown: true },
    });
  });
});

describe("redeeming", () => {
  const client = { clientId: "client-id", clientSecret: "client-secret-of-ours" };

  function redeemIn(
    world: ReturnType<typeof brokerWorld>,
    tokens: { refreshToken: string; previousRefreshToken?: string },
  ) {
    return redeem(world.ports, world.provider, rdStation.origin, client, tokens);
  }

  it("counts the access token's life from the moment the request left", async () => {
    const world = brokerWorld();
    world.server.latency = 5_000;
    const result = await redeemIn(world, { refreshToken: world.server.grant().refreshToken });
    expect(result).toMatchObject({ ok: true, tokens: { issuedAt: sentAt, expiresAt: sentAt + 86_400_000 } });
  });

  it.each<[string, WorldOptions]>([
    ["the old one still works", { rotation: "new-old-still-valid" }],
    ["it stays the same", { rotation: "same" }],
  ])("tries the one before, once, before a refusal is believed: %s", async (_, options) => {
    const world = brokerWorld(options);
    const previousRefreshToken = world.server.grant().refreshToken;
    const result = await redeemIn(world, { refreshToken: "never-heard-of", previousRefreshToken });
    expect(result.ok).toBe(true);
    expect(world.server.redemptions).toEqual(["never-heard-of", previousRefreshToken]);
  });

  it("believes a refusal of both", async () => {
    const world = brokerWorld();
    const result = await redeemIn(world, { refreshToken: "unknown", previousRefreshToken: "unknown-too" });
    expect(result).toMatchObject({ ok: false, failure: { class: "grant", reason: "INVALID_REFRESH_TOKEN" } });
    expect(world.server.redemptions).toHaveLength(2);
  });

  it.each(["lost", "unreached", "html", "tooMany", "wrongClient"] as const)(
    "does not try the one before where the answer to the first is %s",
    async (name) => {
      const world = brokerWorld();
      world.server.script.push(answers[name]);
      const result = await redeemIn(world, {
        refreshToken: world.server.grant().refreshToken,
        previousRefreshToken: "b",
      });
      expect(result.ok).toBe(false);
      expect(world.server.redemptions).toHaveLength(1);
    },
  );

  it("is not sure of a refusal where the one before got no answer", async () => {
    const world = brokerWorld();
    world.server.script.push(answers.deadGrant, answers.lost);
    const result = await redeemIn(world, {
      refreshToken: "a",
      previousRefreshToken: world.server.grant().refreshToken,
    });
    expect(result).toMatchObject({ ok: false, failure: { class: "transient", unknown: true } });
  });
});
