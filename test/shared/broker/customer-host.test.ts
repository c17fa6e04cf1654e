import { describe, expect, it } from "vitest";
import type { ConnectionId } from "../../../shared/broker/connection-id.ts";
import { BrokerError } from "../../../shared/broker/error.ts";
import { NotSentError } from "../../../shared/oauth/transport-error.ts";
import { itflex } from "../../../shared/providers/itflex.ts";
import { type Answer, answers, type BrokerWorld, brokerWorld } from "../../support/broker-world.ts";

const tenant: ConnectionId = "itflex/tenant";
const other: ConnectionId = "itflex/other";
const origin = "https://itflex.tenant.example";
const moved = "https://itflex.moved.example";

const deadKey = () => Response.json({ msg: "Valid authentication token required" }, { status: 401 });

function itflexWorld({ publish = false } = {}) {
  const world = brokerWorld({ provider: () => itflex, publish, deadGrant: deadKey });
  world.server.lifeSeconds = 900;
  return world;
}

const connect = async (world: BrokerWorld, id = tenant, at = origin) => {
  const grant = world.server.grant();
  await world.import(grant.refreshToken, id, at);
  return grant;
};

describe("a provider on its customers' hosts", () => {
  it("redeems the key at the customer's origin, without client credentials", async () => {
    const world = itflexWorld();
    const { refreshToken } = await connect(world);
    expect(world.server.asked).toEqual([`${origin}/api/v1/oauth2/token`]);
    expect(world.stored(tenant)).toMatchObject({ status: "active", origin, label: null, secretName: null });
    expect((await world.tokens(tenant)).refreshToken).toBe(refreshToken);
    expect(await world.read({}, tenant)).toMatchObject({ origin, generation: 1 });
    expect(world.faults.calls).not.toContain("clientCredentials.read");
    expect(world.published(tenant)).toBeUndefined();
    world.expectNoLeak();
  });

  it("is refreshed ahead after 9 to 11 minutes and a quarter, there, with the same key", async () => {
    const world = itflexWorld();
    const { refreshToken } = await connect(world);
    const { issuedAt, refreshAt } = world.stored(tenant);
    const minutes = ((refreshAt ?? 0) - (issuedAt ?? 0)) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(9);
    expect(minutes).toBeLessThanOrEqual(11.25);
    world.until(refreshAt);
    await world.sweep();
    expect(world.stored(tenant)).toMatchObject({ generation: 2, status: "active" });
    expect(world.server.redemptions).toEqual([refreshToken, refreshToken]);
    expect(new Set(world.server.asked)).toEqual(new Set([`${origin}/api/v1/oauth2/token`]));
    expect(world.faults.calls).not.toContain("clientCredentials.read");
  });

  it("serves a reader who asks for more life than is left", async () => {
    const world = itflexWorld();
    await connect(world);
    world.clock.advance(200_000);
    expect(await world.read({ minimumSeconds: 720 }, tenant)).toMatchObject({ generation: 2 });
    await expect(world.read({ minimumSeconds: 721 }, tenant)).rejects.toMatchObject({ code: "invalid_request" });
  });

  it("is published where that is switched on, with the customer's origin", async () => {
    const world = itflexWorld({ publish: true });
    await connect(world);
    expect(world.published(tenant)).toMatchObject({ generation: 1, origin, provider: "itflex", account: "tenant" });
  });

  it("has no authorization", async () => {
    const world = itflexWorld();
    await expect(world.ticket({}, tenant)).rejects.toMatchObject({ code: "invalid_request" });
    expect(await world.start("ticket")).toEqual({ kind: "ticket-unknown" });
  });
});

describe("the origin of a customer's host", () => {
  it("has to be named", async () => {
    const world = itflexWorld();
    await expect(world.import("key", tenant)).rejects.toMatchObject({ code: "invalid_request" });
    expect(world.server.asked).toEqual([]);
  });

  it("is refused where the provider has one origin for all", async () => {
    const world = brokerWorld();
    await expect(world.import("token", undefined, origin)).rejects.toMatchObject({ code: "invalid_request" });
    expect(world.server.asked).toEqual([]);
  });

  it("is refused before anything is sent or stored where it is no origin", async () => {
    const world = itflexWorld();
    const refusal = new BrokerError("invalid_request", "No.");
    const readOrigin = () => {
      throw refusal;
    };
    Object.assign(world.ports, { readOrigin });
    await expect(world.import("key", tenant, origin)).rejects.toBe(refusal);
    expect(world.server.asked).toEqual([]);
    expect(world.connections.items.size).toBe(0);
  });

  it.each([
    ["address_refused", /has an address that is not on the internet/],
    ["origin_refused", /not one that may be given/],
  ])("is the caller's to correct where nobody may connect to it: %s", async (code, why) => {
    const world = itflexWorld();
    world.server.script.push(() => {
      throw new NotSentError(code, "No.");
    });
    const refused = await world.import("key", tenant, origin).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "invalid_request", message: expect.stringMatching(why) });
    expect(world.connections.items.size).toBe(0);
  });

  it.each(["address_refused", "CERT_HAS_EXPIRED"])("is not called wrong by the host's own word: %s", async (error) => {
    const world = itflexWorld();
    world.server.script.push(() => Response.json({ error }, { status: 503 }));
    const failed = await world.import("key", tenant, origin).catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({
      code: "provider_unavailable",
      message: expect.stringContaining("does not answer as it should"),
    });
  });

  it("that stops being one which anybody may connect to costs no connection", async () => {
    const world = itflexWorld();
    await connect(world);
    world.expire(tenant);
    world.server.script.push(() => {
      throw new NotSentError("address_refused", "No.");
    });
    await expect(world.read({}, tenant)).rejects.toMatchObject({ code: "provider_unavailable" });
    expect(world.stored(tenant)).toMatchObject({ status: "degraded", unknown: false });
  });

  it("is told that its certificate was refused, and the key is not kept", async () => {
    const world = itflexWorld();
    world.server.script.push(() => {
      throw new NotSentError("CERT_HAS_EXPIRED", "No connection to the host.");
    });
    const failed = await world.import("key", tenant, origin).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: "provider_unavailable",
      message: expect.stringMatching(/certificate was refused \(CERT_HAS_EXPIRED\), and nothing was sent/),
      retryAfterSeconds: expect.any(Number),
    });
    expect(world.connections.items.size).toBe(0);
  });

  it("is stored as it was read", async () => {
    const world = itflexWorld();
    Object.assign(world.ports, { readOrigin: (text: string) => text.toLowerCase() });
    await connect(world, tenant, origin.toUpperCase());
    expect(world.stored(tenant).origin).toBe(origin);
  });

  it("is replaced by another once the key is accepted there", async () => {
    const world = itflexWorld();
    await connect(world);
    const grant = await connect(world, tenant, moved);
    expect(world.stored(tenant)).toMatchObject({ origin: moved, generation: 2 });
    expect((await world.tokens(tenant)).refreshToken).toBe(grant.refreshToken);
    expect(world.server.asked.at(-1)).toBe(`${moved}/api/v1/oauth2/token`);
  });

  it("is replaced by another also where the key is the same", async () => {
    const world = itflexWorld();
    const { refreshToken } = await connect(world);
    const { created } = await world.import(refreshToken, tenant, moved);
    expect(created).toBe(false);
    expect(world.stored(tenant)).toMatchObject({ origin: moved, generation: 2 });
    await world.import(refreshToken, tenant, moved);
    expect(world.server.asked).toHaveLength(2);
  });
});

describe("a key that is refused when it is handed in", () => {
  it.each<[string, Answer]>([
    ["the key's refusal", deadKey],
    ["another's", () => Response.json({ error: "invalid_grant" }, { status: 400 })],
  ])("is believed to be dead at once, and leaves everything as it was: %s", async (_, answer) => {
    const world = itflexWorld();
    await connect(world);
    const before = world.stored(tenant);
    world.clock.advance(60_000);
    world.server.script.push(answer);
    await expect(world.import("another-key", tenant, moved)).rejects.toMatchObject({ code: "grant_rejected" });
    const { sequence: _sequence, attempt: _attempt, ...left } = world.stored(tenant);
    const { sequence: _before, attempt: _none, ...had } = before;
    expect(left).toEqual(had);
    expect(await world.read({}, tenant)).toMatchObject({ origin, generation: 1 });
  });

  it("leaves nothing where nothing was connected before", async () => {
    const world = itflexWorld();
    await expect(world.import("another-key", tenant, origin)).rejects.toMatchObject({ code: "grant_rejected" });
    expect(world.connections.items.size).toBe(0);
  });

  it("is not called dead by what is not iTFLEX", async () => {
    const world = itflexWorld();
    world.server.script.push(() => new Response("<html></html>", { status: 401 }));
    await expect(world.import("key", tenant, origin)).rejects.toMatchObject({ code: "provider_unavailable" });
  });
});

describe("revoking where the provider has no endpoint for it", () => {
  it("is done here, and the operator is told who has to do the rest", async () => {
    const world = itflexWorld({ publish: true });
    await connect(world);
    const connection = await world.revoke({ force: false }, tenant);
    expect(connection).toMatchObject({ status: "revoked", tokens: null, revocation: { upstream: "unsupported" } });
    expect(world.server.asked).toHaveLength(1);
    expect(world.server.revocations).toEqual([]);
    expect(world.published(tenant)).not.toHaveProperty("access_token");
    const warnings = world.log.lines.filter(({ level, fields }) => level === "warn" && fields.connection === tenant);
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining(itflex.endedByHand ?? "?")]);
    expect(world.events.sent.at(-1)?.event).toMatchObject({ name: "connection.revoked", upstream: "unsupported" });
  });
});

describe("the breakers of customers' hosts", () => {
  /** Two connections whose tokens are over, at two hosts, the first of which has failed until its breaker opened. */
  async function opened() {
    const world = itflexWorld();
    await connect(world);
    await connect(world, other, moved);
    world.server.script.push(...Array.from({ length: 5 }, () => answers.html));
    for (let round = 0; round < 5; round++) {
      world.expire(tenant);
      await world.read({}, tenant).catch(() => undefined);
      world.until(world.stored(tenant).retry?.at ?? null);
    }
    return world;
  }

  it("are one for each host", async () => {
    const world = await opened();
    expect(world.events.sentOfBreakers).toMatchObject([{ provider: "itflex", origin, breaker: "open" }]);
    expect(await world.read({ minimumSeconds: 720 }, other)).toMatchObject({ origin: moved });
  });

  it("have their events sent by the sweep that looks after a connection there, where they could not be sent", async () => {
    const world = itflexWorld();
    await connect(world);
    world.faults.outage("events.sendBreakerEvents", 3_900_000);
    world.server.script.push(...Array.from({ length: 7 }, () => answers.html));
    for (let round = 0; round < 6; round++) await world.sweepLater(601_000);
    expect(world.events.sentOfBreakers).toEqual([]);
    await world.sweepLater(601_000);
    expect(world.server.script).toHaveLength(1);
    expect(world.events.sentOfBreakers.map(({ breaker }) => breaker)).toEqual(["open"]);
    expect([...world.providerHealth.stored.values()].map(({ owed }) => owed)).toEqual([{}]);
  });

  it("cost a sweep with nothing due no read", async () => {
    const world = itflexWorld();
    await connect(world);
    world.faults.calls.length = 0;
    await world.sweep();
    expect(world.faults.calls).toEqual(["connections.due"]);
  });
});
