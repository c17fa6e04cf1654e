import { describe, expect, it } from "vitest";
import type { ConnectionId } from "../../../shared/broker/connection-id.ts";
import { rdStationCrm } from "../../../shared/providers/rd-station-crm.ts";
import { answers, brokerWorld } from "../../support/broker-world.ts";

const acme: ConnectionId = "rd-station-crm/acme";
const hour = 3_600_000;
const day = 24 * hour;

const invalid = () =>
  Response.json({ error: "invalid_request", error_description: "Invalid refresh_token" }, { status: 400 });

/** RD Station CRM: a refresh token dies when it is used, and when it was not used for 14 days. */
async function connected() {
  const world = brokerWorld({ rotation: "single-use", provider: () => rdStationCrm, deadGrant: invalid });
  world.server.lifeSeconds = 7_200;
  const { grant } = await world.connect(acme);
  return { world, grant };
}

describe("a refresh token that rolls and dies of idleness", () => {
  it("is used every hour and a half or so, also where nobody reads", async () => {
    const { world, grant } = await connected();
    const sweepEvery = 5 * 60_000;
    for (let time = 0; time < 15 * day; time += sweepEvery) await world.sweepLater(sweepEvery);
    expect(world.stored(acme)).toMatchObject({ status: "active", refusals: 0 });
    expect(world.stored(acme).generation).toBeGreaterThan((15 * 24) / 2);
    expect(new Set(world.server.redemptions).size).toBe(world.server.redemptions.length);
    expect((await world.tokens(acme)).refreshToken).toBe(grant.refreshToken);
    expect(await world.tokens(acme)).not.toHaveProperty("previousRefreshToken");
  });

  it.each([
    ["is down", () => answers.html],
    ["cannot be reached", () => answers.unreached],
    ["asks for more than an hour's pause each time", () => pausing],
  ] as const)(
    "is used within an hour and a sweep after an outage of days in which the provider %s",
    async (_, answer) => {
      const { world } = await connected();
      const outage = 3 * day;
      const end = world.clock.now() + outage;
      while (world.clock.now() < end) {
        world.server.script.splice(0, world.server.script.length, answer(), answer());
        await world.sweepLater(10 * 60_000);
      }
      expect(world.stored(acme)).toMatchObject({ status: "degraded", generation: 1 });
      world.server.script.length = 0;
      for (let time = 0; time <= hour; time += 10 * 60_000) await world.sweepLater(10 * 60_000);
      expect(world.stored(acme)).toMatchObject({ status: "active", generation: 2 });
    },
  );

  it("is dead at the first refusal, whose text alone tells it from a malformed request", async () => {
    const { world, grant } = await connected();
    grant.alive = false;
    world.until(world.stored(acme).refreshAt);
    world.server.script.push(() => Response.json({ error: "invalid_request" }, { status: 400 }));
    await world.sweep();
    expect(world.stored(acme)).toMatchObject({ status: "degraded" });
    await world.sweepLater();
    expect(world.stored(acme)).toMatchObject({ status: "reauthorization_required", reason: "grant_rejected" });
  });

  it("leaves the connections alone where the client is refused", async () => {
    const { world } = await connected();
    world.until(world.stored(acme).refreshAt);
    world.server.script.push(() => Response.json({ error: "invalid_client" }, { status: 400 }));
    await world.sweep();
    expect(world.stored(acme)).toMatchObject({ status: "active", retry: { code: "client_credentials_rejected" } });
  });

  it("comes from a code, whose exchange names the redirect", async () => {
    const world = brokerWorld({ rotation: "single-use", provider: () => rdStationCrm, deadGrant: invalid });
    world.server.lifeSeconds = 7_200;
    const callback = await world.authorizing(await world.ticket({}, acme));
    const { kind } = await callback({ code: world.server.code() });
    expect(kind).toBe("ended");
    expect(world.stored(acme)).toMatchObject({ status: "active", label: null, origin: "https://api.rd.services" });
  });
});

const pausing = () => new Response("{}", { status: 503, headers: { "retry-after": "86400" } });
