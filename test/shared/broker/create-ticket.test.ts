import { describe, expect, it } from "vitest";
import { createTicket } from "../../../shared/broker/create-ticket.ts";
import { hexDigest } from "../../../shared/broker/digest.ts";
import { acme, brokerWorld, startedAt } from "../../support/broker-world.ts";

const usual = { returnTo: undefined, expiresInSeconds: undefined, allowOtherAccount: false };

describe("a ticket", () => {
  it("is in its URL and stored by its hash alone", async () => {
    const world = brokerWorld();
    const { authorizationUrl, expiresAt } = await createTicket(world.ports, acme, usual);
    const url = new URL(authorizationUrl);
    const ticket = url.searchParams.get("ticket") ?? "";
    expect(url.origin + url.pathname).toBe("https://broker.example/auth/rd-station/start");
    expect(expiresAt).toBe(startedAt + 3_600_000);
    expect([...world.authorizations.tickets.values()]).toEqual([
      {
        hash: hexDigest(ticket),
        provider: "rd-station",
        account: "acme",
        issuedAt: startedAt,
        expiresAt,
        returnTo: null,
        allowOtherAccount: false,
        spentAt: null,
        open: [],
      },
    ]);
    expect(JSON.stringify([...world.authorizations.tickets])).not.toContain(ticket);
  });

  it.each([60, 604_800])("may live for %i seconds", async (expiresInSeconds) => {
    const { expiresAt } = await createTicket(brokerWorld().ports, acme, { ...usual, expiresInSeconds });
    expect(expiresAt).toBe(startedAt + expiresInSeconds * 1000);
  });

  it.each([59, 604_801, 60.5, 0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "may not live for %d seconds",
    async (seconds) => {
      const issuing = createTicket(brokerWorld().ports, acme, { ...usual, expiresInSeconds: seconds });
      await expect(issuing).rejects.toMatchObject({ code: "invalid_request" });
    },
  );

  it("takes a URL to return to whose origin is allowed", async () => {
    const world = brokerWorld();
    await createTicket(world.ports, acme, { ...usual, returnTo: "https://app.example/done?x=1#y" });
    expect([...world.authorizations.tickets.values()][0]?.returnTo).toBe("https://app.example/done?x=1#y");
  });

  it.each([
    "https://evil.example/",
    "https://app.example.evil.example/",
    "https://app.example:8443/",
    "http://app.example/",
    "https://user@app.example/",
    "https://app.example@evil.example/",
    "//app.example/",
    "/done",
    "javascript:alert(1)//https://app.example",
    "data:text/html,x",
    "",
  ])("does not take %s to return to", async (returnTo) => {
    const issuing = createTicket(brokerWorld().ports, acme, { ...usual, returnTo });
    await expect(issuing).rejects.toMatchObject({ code: "invalid_request" });
  });

  it("is not issued for a provider without an authorization page, or that is not known", async () => {
    const world = brokerWorld({
      provider: ({ authorizationUrl: _authorizationUrl, ...others }) => others,
    });
    await expect(createTicket(world.ports, acme, usual)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(createTicket(world.ports, "other/acme", usual)).rejects.toMatchObject({ code: "provider_unknown" });
  });
});
