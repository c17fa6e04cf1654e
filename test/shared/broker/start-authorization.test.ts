import { describe, expect, it } from "vitest";
import { hexDigest } from "../../../shared/broker/digest.ts";
import { referenceOf, startAuthorization } from "../../../shared/broker/start-authorization.ts";
import { brokerWorld, startedAt } from "../../support/broker-world.ts";

describe("opening a ticket", () => {
  it("goes to the provider with a fresh state, bound to the browser", async () => {
    const world = brokerWorld();
    const started = await world.start(
      await world.ticket({ returnTo: "https://app.example/", allowOtherAccount: true }),
    );
    if (started.kind !== "redirect") throw new Error(started.kind);
    const url = new URL(started.url);
    const state = url.searchParams.get("state") ?? "";
    expect(url.origin + url.pathname).toBe("https://api.rd.services/auth/dialog");
    expect(url.searchParams.get("redirect_uri")).toBe("https://broker.example/auth/rd-station/callback");
    expect([...world.authorizations.requests.values()]).toMatchObject([
      {
        reference: referenceOf(state),
        bindingHash: hexDigest(started.binding),
        account: "acme",
        ticketIssuedAt: startedAt,
        expiresAt: startedAt + 600_000,
        returnTo: "https://app.example/",
        allowOtherAccount: true,
        taken: null,
        outcome: null,
      },
    ]);
    expect(JSON.stringify([...world.authorizations.requests])).not.toContain(state);
    expect(JSON.stringify([...world.authorizations.requests])).not.toContain(started.binding);
  });

  it("can be done again, each time with another state and the browser's own cookie", async () => {
    const world = brokerWorld();
    const ticket = await world.ticket();
    const first = await world.start(ticket);
    if (first.kind !== "redirect") throw new Error(first.kind);
    const second = await world.start(ticket, first.binding);
    expect(second).toMatchObject({ kind: "redirect", binding: first.binding });
    expect(second).not.toMatchObject({ url: first.url });
  });

  it.each(["", "short", "x".repeat(44), `${"x".repeat(42)};`])(
    "does not take %j for a cookie of ours",
    async (binding) => {
      const world = brokerWorld();
      const started = await world.start(await world.ticket(), binding);
      expect(started).toMatchObject({ kind: "redirect" });
      expect(started).not.toMatchObject({ binding });
    },
  );

  it("is refused where nobody issued it, or for another provider", async () => {
    const world = brokerWorld();
    expect(await world.start("guessed")).toEqual({ kind: "ticket-unknown" });
    const ports = {
      ...world.ports,
      providers: new Map([...world.ports.providers, ["other", { ...world.provider, id: "other" }]]),
    };
    const input = { provider: "other", ticket: await world.ticket(), binding: undefined };
    expect(await startAuthorization(ports, input)).toEqual({ kind: "ticket-unknown" });
  });

  it("is refused from the moment it expires", async () => {
    const world = brokerWorld();
    const ticket = await world.ticket({ expiresInSeconds: 60 });
    world.clock.advance(59_999);
    expect(await world.start(ticket)).toMatchObject({ kind: "redirect" });
    world.clock.advance(1);
    expect(await world.start(ticket)).toEqual({ kind: "ticket-expired", account: "acme" });
  });

  it("is possible for twenty at a time, also where they come at once", async () => {
    const world = brokerWorld();
    const ticket = await world.ticket();
    for (let count = 0; count < 18; count++) await world.start(ticket);
    const last = await Promise.all([
      world.start(ticket),
      world.start(ticket),
      world.start(ticket),
      world.start(ticket),
    ]);
    expect(last.filter(({ kind }) => kind === "redirect")).toHaveLength(2);
    expect(await world.start(ticket)).toEqual({ kind: "too-many", account: "acme" });
    world.clock.advance(600_000);
    expect(await world.start(ticket)).toMatchObject({ kind: "redirect" });
  });

  it("takes no place on the ticket where there are no client credentials", async () => {
    const world = brokerWorld();
    const ticket = await world.ticket();
    world.credentials.stored.clear();
    await expect(world.start(ticket)).rejects.toMatchObject({ code: "client_credentials_rejected" });
    expect([...world.authorizations.tickets.values()][0]?.open).toEqual([]);
  });
});

describe("a ticket with which an authorization has succeeded", () => {
  it("is spent", async () => {
    const world = brokerWorld();
    const ticket = await world.ticket();
    await (await world.authorizing(ticket))({ code: world.server.code() });
    expect(await world.start(ticket)).toEqual({ kind: "ticket-spent", account: "acme" });
  });

  it("is spent also where the process died before it could mark it", async () => {
    const world = brokerWorld();
    const ticket = await world.ticket();
    const callback = await world.authorizing(ticket);
    const died = world.faults.freeze("authorizations.spendTicket", "before");
    void callback({ code: world.server.code() });
    await died.reached;
    expect(await world.start(ticket)).toEqual({ kind: "ticket-spent", account: "acme" });
  });

  it("stays spent after the next refresh, also where the process died before it could mark it", async () => {
    const world = brokerWorld();
    const ticket = await world.ticket({ expiresInSeconds: 604_800 });
    const callback = await world.authorizing(ticket);
    const died = world.faults.freeze("authorizations.spendTicket", "before");
    void callback({ code: world.server.code() });
    await died.reached;
    await world.refreshNow();
    expect(await world.start(ticket)).toEqual({ kind: "ticket-spent", account: "acme" });
  });

  it("is not spent by one that failed", async () => {
    const world = brokerWorld();
    const ticket = await world.ticket();
    await (await world.authorizing(ticket))({ error: "access_denied" });
    await (await world.authorizing(ticket))({ code: "never-issued" });
    expect(await world.start(ticket)).toMatchObject({ kind: "redirect" });
  });
});
