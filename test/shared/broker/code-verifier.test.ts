import { describe, expect, it } from "vitest";
import { codeVerifier } from "../../../shared/broker/code-verifier.ts";
import { buildAuthorizationUrl } from "../../../shared/oauth/authorization-url.ts";
import { codeChallenge } from "../../../shared/oauth/pkce.ts";
import type { Provider } from "../../../shared/providers/provider.ts";
import { brokerWorld } from "../../support/broker-world.ts";

const cookie = "c".repeat(43);
const state = "s".repeat(43);

describe("a code verifier", () => {
  it("is as long as RFC 7636 asks, and of its characters", () => {
    expect(codeVerifier(cookie, state)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it("is the same at the callback as at the start", () => {
    expect(codeVerifier(cookie, state)).toBe(codeVerifier(cookie, state));
  });

  it("cannot be had from a redirect alone: another cookie makes another", () => {
    expect(codeVerifier("d".repeat(43), state)).not.toBe(codeVerifier(cookie, state));
  });

  it("is each request's own", () => {
    expect(codeVerifier(cookie, "t".repeat(43))).not.toBe(codeVerifier(cookie, state));
  });
});

describe("an authorization with PKCE", () => {
  /** RD Station, were it to take PKCE. `seen` collects what it is given. */
  function pkceWorld() {
    const seen = { challenges: [] as string[], verifiers: [] as string[] };
    const provider = (base: Provider): Provider => ({
      ...base,
      authorizationUrl: ({ origin, state, codeChallenge }) => {
        seen.challenges.push(codeChallenge);
        return buildAuthorizationUrl(`${origin}/auth/dialog`, { state, code_challenge: codeChallenge });
      },
      codeRequest: (input) => {
        seen.verifiers.push(input.codeVerifier);
        const request = base.codeRequest?.(input);
        if (request === undefined) throw new Error("RD Station exchanges codes.");
        return request;
      },
    });
    return { world: brokerWorld({ provider }), seen };
  }

  it("shows the challenge at the start, and the verifier of it at the exchange and nowhere else", async () => {
    const { world, seen } = pkceWorld();
    const callback = await world.authorizing(await world.ticket());
    expect(await callback({ code: world.server.code() })).toMatchObject({ kind: "ended" });
    const [verifier = ""] = seen.verifiers;
    expect(seen).toEqual({ challenges: [codeChallenge(verifier)], verifiers: [verifier] });
    world.server.secrets.add(verifier);
    world.expectNoLeak();
    expect(JSON.stringify([...world.authorizations.requests])).not.toContain(verifier);
  });

  it("has a verifier of its own in each tab of a browser", async () => {
    const { world, seen } = pkceWorld();
    const ticket = await world.ticket();
    const binding = "b".repeat(43);
    await world.start(ticket, binding);
    await world.start(ticket, binding);
    expect(new Set(seen.challenges).size).toBe(2);
  });
});
