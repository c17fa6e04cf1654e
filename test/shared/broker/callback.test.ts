import { describe, expect, it } from "vitest";
import { acme, answers, type BrokerWorld, brokerWorld } from "../../support/broker-world.ts";

async function started(world: BrokerWorld = brokerWorld(), request: Parameters<BrokerWorld["ticket"]>[0] = {}) {
  const ticket = await world.ticket(request);
  return { world, ticket, callback: await world.authorizing(ticket) };
}

function ended(outcome: object) {
  return { kind: "ended", request: { outcome } };
}

const authorized = (label: string | null = "Acme Ltda.") => ended({ result: "authorized", label });
const failed = (why: string) => ended({ result: "failed", why });

describe("a callback", () => {
  it("exchanges the code once and stores the connection, labelled, published and told of", async () => {
    const { world, callback } = await started();
    expect(await callback({ code: world.server.code() })).toMatchObject(authorized());
    expect(world.stored()).toMatchObject({
      status: "active",
      generation: 1,
      label: "Acme Ltda.",
      owed: {},
      attempt: null,
    });
    expect(world.published()).toMatchObject({ generation: 1 });
    expect(world.told()).toEqual(["active"]);
    expect(world.events.sent[0]?.event.actor).toMatch(/^ticket:[0-9a-f]{12}$/);
    expect(world.server.exchanges).toBe(1);
    world.expectNoLeak();
  });

  it("that comes again sees the outcome, and exchanges nothing", async () => {
    const { world, callback } = await started();
    const code = world.server.code();
    await callback({ code });
    expect(await callback({ code })).toMatchObject(authorized());
    expect(world.server.exchanges).toBe(1);
  });

  it("that comes twice at once exchanges once", async () => {
    const { world, callback } = await started();
    world.server.latency = 500;
    const code = world.server.code();
    const results = await Promise.all([callback({ code }), callback({ code })]);
    expect(results.map(({ kind }) => kind).sort()).toEqual(["ended", "under-way"]);
    expect(world.server.exchanges).toBe(1);
  });

  it.each([
    ["without the cookie", { binding: undefined }],
    ["with another browser's cookie", { binding: "x".repeat(43) }],
  ])("%s does not spend the state", async (_, binding) => {
    const { world, callback } = await started();
    const code = world.server.code();
    expect(await callback({ code, ...binding })).toEqual({ kind: "other-browser" });
    expect(world.server.exchanges).toBe(0);
    expect(await callback({ code })).toMatchObject(authorized());
  });

  it("that nobody started exchanges nothing", async () => {
    const { world, callback } = await started();
    expect(await callback({ code: world.server.code(), state: "guessed" })).toEqual({ kind: "unknown" });
    expect(world.server.exchanges).toBe(0);
  });

  it("is too late after ten minutes", async () => {
    const { world, callback } = await started();
    world.clock.advance(600_000);
    expect(await callback({ code: world.server.code() })).toMatchObject({
      kind: "expired",
      request: { account: "acme", taken: null },
    });
    expect(world.server.exchanges).toBe(0);
  });

  it("with an error declines, or fails", async () => {
    const first = await started();
    expect(await first.callback({ error: "access_denied" })).toMatchObject(ended({ result: "declined" }));
    const second = await started();
    expect(await second.callback({ error: "server_error" })).toMatchObject(failed("provider_unavailable"));
  });

  it.each([
    ["lost", "provider_unavailable"],
    ["html", "provider_unavailable"],
    ["wrongClient", "code_rejected"],
    ["deadGrant", "code_rejected"],
  ] as const)("whose exchange is answered with %s fails: %s, and is never repeated", async (name, why) => {
    const { world, callback } = await started();
    world.server.script.push(answers[name]);
    const code = world.server.code();
    expect(await callback({ code })).toMatchObject(failed(why));
    expect(await callback({ code })).toMatchObject(failed(why));
    expect(world.server.exchanges).toBe(1);
    expect(world.connections.items.size).toBe(0);
  });

  it("that is refused for our client credentials has the next one read them anew", async () => {
    const { world, callback } = await started();
    world.server.script.push(answers.wrongClient);
    await callback({ code: world.server.code() });
    world.credentials.stored.set("rd-station", { clientId: "corrected", clientSecret: "corrected-secret" });
    expect(await world.credentials.read("rd-station")).toMatchObject({ clientId: "corrected" });
  });

  it("stores the connection also where the label cannot be learned", async () => {
    const { world, callback } = await started();
    world.faults.failNext("fetch", { skip: 1 });
    expect(await callback({ code: world.server.code() })).toMatchObject(authorized(null));
  });

  it("keeps the refresh token of an answer that is otherwise of no use", async () => {
    const { world, callback } = await started();
    world.server.script.push(answers.withoutAccessToken);
    await callback({ code: world.server.code() });
    expect(world.stored()).toMatchObject({ status: "degraded", generation: 1 });
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "active", generation: 2 });
  });
});

describe("a fault before the exchange", () => {
  it.each([
    "authorizations.readRequest",
    "connections.read",
    "vault.createKey",
    "clientCredentials.read",
    "authorizations.readTicket",
  ])("of %s does not spend the state: reloading helps", async (call) => {
    const { world, callback } = await started();
    const code = world.server.code();
    if (call === "clientCredentials.read") world.credentials.forget("rd-station");
    world.faults.failNext(call);
    await expect(callback({ code })).rejects.toThrow();
    expect(await callback({ code })).toMatchObject(authorized());
    expect(world.server.exchanges).toBe(1);
  });

  it("that loses the reply of taking the state does not lose the state", async () => {
    const { world, callback } = await started();
    world.faults.loseReply("authorizations.takeRequest");
    const code = world.server.code();
    const first = await callback({ code }).catch(() => undefined);
    expect(first ?? (await callback({ code }))).toMatchObject(authorized());
  });
});

describe("a callback whose process died", () => {
  it("before the exchange ends as failed, once nobody can still be at it", async () => {
    const { world, callback } = await started();
    const died = world.faults.freeze("fetch", "before");
    const code = world.server.code();
    void callback({ code });
    await died.reached;
    expect(await callback({ code })).toMatchObject({ kind: "under-way" });
    world.clock.advance(30_000);
    expect(await callback({ code })).toMatchObject(failed("internal_error"));
    expect(world.server.exchanges).toBe(0);
  });

  it("after the commit is found to have succeeded", async () => {
    const { world, callback } = await started();
    const died = world.faults.freeze("connections.write", "after");
    const code = world.server.code();
    void callback({ code });
    await died.reached;
    expect(await callback({ code })).toMatchObject(authorized());
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ owed: {} });
    expect(world.told()).toEqual(["active"]);
  });
});

describe("a callback to a connection that is there", () => {
  it("replaces the grant of the same account", async () => {
    const world = brokerWorld();
    await world.connect();
    const { callback } = await started(world);
    expect(await callback({ code: world.server.code() })).toMatchObject(authorized());
    expect(world.stored()).toMatchObject({ generation: 2, label: "Acme Ltda." });
  });

  it("does not replace that of another account, and revokes nothing", async () => {
    const world = brokerWorld();
    await world.connect();
    const stored = world.stored();
    const { callback } = await started(world);
    expect(await callback({ code: world.server.code("Another") })).toMatchObject(failed("wrong_account"));
    expect(world.stored()).toEqual(stored);
    expect(world.server.revocations).toEqual([]);
  });

  it("replaces that of another account where the ticket allows it", async () => {
    const world = brokerWorld();
    await world.connect();
    const { callback } = await started(world, { allowOtherAccount: true });
    expect(await callback({ code: world.server.code("Another") })).toMatchObject(authorized("Another"));
    expect(world.stored().label).toBe("Another");
  });

  it("takes precedence over a refresh that is under way", async () => {
    const world = brokerWorld();
    await world.connect();
    const frozen = world.faults.freeze("fetch", "before");
    const refreshing = world.refreshNow();
    await frozen.reached;
    const { callback } = await started(world);
    expect(await callback({ code: world.server.code() })).toMatchObject(authorized());
    const tokens = await world.tokens();
    frozen.release();
    await refreshing;
    expect(await world.tokens()).toEqual(tokens);
  });

  it("mends one whose grant was dead", async () => {
    const world = brokerWorld();
    await world.connect();
    world.server.script.push(answers.deadGrant);
    await world.refreshNow().catch(() => undefined);
    const { callback } = await started(world);
    await callback({ code: world.server.code() });
    expect(world.stored()).toMatchObject({ status: "active", reason: null });
    expect(world.told()).toEqual(["active", "reauthorization_required", "active"]);
  });
});

describe("a callback and a revocation", () => {
  it("an invitation from before a revocation does not bring the connection back", async () => {
    const world = brokerWorld();
    await world.connect();
    const { callback } = await started(world);
    await world.revoke();
    expect(await callback({ code: world.server.code() })).toMatchObject(failed("revoked"));
    expect(world.stored().status).toBe("revoked");
  });

  it("nor where the revocation comes during the exchange", async () => {
    const world = brokerWorld();
    await world.connect();
    const { callback } = await started(world);
    world.faults.after("fetch", () => world.revoke());
    expect(await callback({ code: world.server.code() })).toMatchObject(failed("revoked"));
    expect(world.stored().status).toBe("revoked");
  });

  it("an invitation from after it connects anew, and cancels what is left of it", async () => {
    const world = brokerWorld();
    await world.connect();
    world.server.revocationAnswer = () => new Response(null, { status: 503 });
    await world.revoke();
    world.clock.advance(1);
    const { callback } = await started(world);
    expect(await callback({ code: world.server.code() })).toMatchObject(authorized());
    const { revocations } = world.server;
    await world.sweepLater();
    expect(world.stored()).toMatchObject({ status: "active", generation: 3, revocation: null });
    expect(revocations).toHaveLength(1);
  });

  it("waits until no revocation is on its way to the provider", async () => {
    const world = brokerWorld();
    await world.connect();
    const frozen = world.faults.freeze("fetch", "before");
    const revoking = world.revoke();
    await frozen.reached;
    world.clock.advance(1);
    const { callback } = await started(world);
    const code = world.server.code();
    await expect(callback({ code })).rejects.toMatchObject({ code: "refresh_in_progress" });
    frozen.release();
    await revoking;
    expect(await callback({ code })).toMatchObject(authorized());
    expect(world.stored().status).toBe("active");
    expect(world.server.exchanges).toBe(1);
  });

  it("exchanges nothing where it comes back after its lease, when a revocation may be on its way", async () => {
    const world = brokerWorld();
    await world.connect();
    world.server.revocationAnswer = () => new Response(null, { status: 503 });
    await world.revoke();
    world.clock.advance(1);
    const { callback } = await started(world);
    const frozen = world.faults.freeze("vault.openKey", "before");
    const code = world.server.code();
    const late = callback({ code }).catch((error: unknown) => error);
    await frozen.reached;
    world.clock.advance(18_000);
    const revoking = world.faults.freeze("fetch", "before");
    void world.sweep();
    await revoking.reached;
    frozen.release();
    await late;
    expect(world.server.exchanges).toBe(0);
  });

  it("stores nothing where it comes back with tokens after its lease, when a revocation may have ended their grant", async () => {
    const world = brokerWorld();
    await world.connect();
    world.server.revocationAnswer = () => new Response(null, { status: 503 });
    await world.revoke();
    world.server.revocationAnswer = undefined;
    world.clock.advance(1);
    const { callback } = await started(world);
    const frozen = world.faults.freeze("connections.write", "before", { skip: 1 });
    const late = callback({ code: world.server.code() });
    await frozen.reached;
    await world.sweepLater();
    expect(world.stored().status).toBe("revoked");
    frozen.release();
    expect(await late).toMatchObject(failed("internal_error"));
    expect(world.stored().status).toBe("revoked");
  });

  it("waits for a revocation that the operator did not wait for", async () => {
    const world = brokerWorld();
    await world.connect();
    const revoking = world.faults.freeze("fetch", "before");
    void world.revoke();
    await revoking.reached;
    await world.revoke({ force: true });
    expect(world.stored().status).toBe("revoked");
    world.clock.advance(1);
    const { callback } = await started(world);
    const code = world.server.code();
    await expect(callback({ code })).rejects.toMatchObject({ code: "refresh_in_progress" });
    expect(world.server.exchanges).toBe(0);
    await world.sweepLater();
    expect(await callback({ code })).toMatchObject(authorized());
  });

  it("gives the lease back where the authorization fails, so that the revocation goes on", async () => {
    const world = brokerWorld();
    await world.connect();
    world.server.revocationAnswer = () => new Response(null, { status: 503 });
    await world.revoke();
    world.clock.advance(1);
    const { callback } = await started(world);
    await callback({ code: "never-issued" });
    expect(world.stored()).toMatchObject({ status: "revoking", attempt: { ended: true } });
    world.server.revocationAnswer = undefined;
    await world.sweepLater();
    expect(world.stored().status).toBe("revoked");
  });
});

describe("two authorizations with tickets of their own", () => {
  it("the one whose reply was lost does not come back over the other", async () => {
    const world = brokerWorld();
    const first = await world.authorizing(await world.ticket());
    const second = await world.authorizing(await world.ticket());
    world.faults.loseReply("connections.write");
    world.faults.before("connections.write", () => second({ code: world.server.code() }));
    await first({ code: world.server.code() });
    const { refreshToken } = await world.tokens();
    expect(world.stored().generation).toBe(2);
    await world.refreshNow();
    expect(world.server.redemptions).toEqual([refreshToken]);
  });
});

describe("two authorizations with one ticket", () => {
  it("do not both succeed", async () => {
    const world = brokerWorld();
    const { ticket, callback } = await started(world);
    const other = await world.authorizing(ticket);
    world.faults.before("fetch", () => other({ code: world.server.code() }));
    expect(await callback({ code: world.server.code() })).toMatchObject(failed("ticket_spent"));
    expect(world.stored(acme)).toMatchObject({ generation: 1 });
  });

  it("one after the other: the second is told that the ticket is spent", async () => {
    const { world, ticket, callback } = await started();
    const other = await world.authorizing(ticket);
    await callback({ code: world.server.code() });
    expect(await other({ code: world.server.code() })).toMatchObject(failed("ticket_spent"));
    expect(world.server.exchanges).toBe(1);
  });
});
