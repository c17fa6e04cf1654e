import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finishAuthorization } from "../../shared/broker/callback.ts";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import { clientSecretBasic } from "../../shared/oauth/client-authentication.ts";
import { formRequest } from "../../shared/oauth/form-request.ts";
import type { Fetch, HttpRequest } from "../../shared/oauth/http.ts";
import { codeChallenge } from "../../shared/oauth/pkce.ts";
import type { CentralProvider, Provider } from "../../shared/providers/provider.ts";
import { systemClock } from "../../shared/runtime/system.ts";
import { type BrokerWorld, brokerWorld, type MovableClock } from "../support/broker-world.ts";
import { browser } from "../support/browser.ts";
import { example } from "./example.ts";
import { agree, type OidcServer, startOidcServer } from "./oidc-server.ts";

/* The provider of docs/providers/adding-one.md against oidc-provider, an authorization server that nobody here wrote. */

const client = { clientId: "chaveiro", clientSecret: "+ for a: s&cret=%" };
const acme: ConnectionId = "example/acme";

let server: OidcServer;
let provider: CentralProvider;

beforeAll(async () => {
  server = await startOidcServer(client, "https://broker.example/auth/example/callback");
  provider = { ...example, origin: server.issuer };
});

afterAll(() => server?.close());

/** The broker, with a real network and a clock that can be moved ahead. */
function brokerAt(value: Provider = provider) {
  const sent: URLSearchParams[] = [];
  const record: Fetch = async (input, init) => {
    const form = new URLSearchParams(String(init?.body ?? ""));
    const response = await fetch(input, init);
    const answer = (await response
      .clone()
      .json()
      .catch(() => ({}))) as Readonly<Record<string, unknown>>;
    for (const name of ["code", "code_verifier", "refresh_token"]) {
      const secret = form.get(name);
      if (secret !== null) world.server.secrets.add(secret);
    }
    for (const name of ["access_token", "refresh_token"]) {
      if (typeof answer[name] === "string") world.server.secrets.add(answer[name]);
    }
    sent.push(form);
    return response;
  };
  const world: BrokerWorld = brokerWorld({ provider: () => value, network: { fetch: record, clock: movableClock() } });
  world.credentials.stored.set(value.id, client);
  world.server.secrets.add(client.clientSecret);
  return { world, sent };
}

function movableClock(): MovableClock {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    sleep: systemClock.sleep,
    advance(milliseconds) {
      ahead += milliseconds;
    },
  };
}

/** Opens a ticket, signs in and agrees at the server, and comes back. */
async function connect(world: BrokerWorld, id: ConnectionId = acme) {
  const started = await world.start(await world.ticket({}, id));
  if (started.kind !== "redirect") throw new Error(started.kind);
  const back = (await agree(browser(), started.url, id)).searchParams;
  const { endsAt } = world.invocation();
  const input = { code: back.get("code") ?? undefined, error: back.get("error") ?? undefined };
  const callback = { provider: "example", state: back.get("state") ?? "", binding: started.binding, ...input };
  const result = await finishAuthorization(world.ports, callback, endsAt);
  return { asked: new URL(started.url).searchParams, back, result };
}

/** What anybody could send. */
async function send({ url, method, headers, body }: HttpRequest) {
  const response = await fetch(url, { method, headers, body: body ?? null });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

const present = (refreshToken: string) =>
  send(provider.refreshRequest({ origin: server.issuer, client, refreshToken }));

/** Whether the server takes a token for a live one: RFC 7662. */
async function isLive(token: string): Promise<unknown> {
  const { headers } = clientSecretBasic(client);
  return (await send(formRequest(`${server.issuer}/token/introspection`, { token }, headers))).body["active"];
}

describe("a provider in one file", () => {
  it("is connected with PKCE, through the server's own pages", async () => {
    const { world, sent } = brokerAt();
    const { asked, back, result } = await connect(world);
    expect(result).toMatchObject({ kind: "ended", request: { outcome: { result: "authorized" } } });
    expect(world.stored(acme)).toMatchObject({ status: "active", generation: 1 });

    const verifier = sent[0]?.get("code_verifier") ?? "";
    expect(sent.map((form) => form.get("grant_type"))).toEqual(["authorization_code"]);
    expect(asked.get("code_challenge_method")).toBe("S256");
    expect(asked.get("code_challenge")).toBe(codeChallenge(verifier));
    expect(`${asked} ${back}`).not.toContain(verifier);
    expect(await isLive((await world.tokens(acme)).accessToken)).toBe(true);
    world.expectNoLeak();
  });

  it("is refreshed ten times, by whoever comes first, and its tokens are never used twice", async () => {
    const { world, sent } = brokerAt();
    await connect(world);
    const before = structuredClone(server.seen);
    const tokens = new Set<string>();
    for (let generation = 2; generation <= 11; generation++) {
      tokens.add((await world.tokens(acme)).refreshToken);
      world.until(world.stored(acme).refreshAt);
      await Promise.all([world.sweep(), world.sweep(), world.read({ minimumSeconds: 480 }, acme)]);
      expect(world.stored(acme)).toMatchObject({ status: "active", generation });
    }
    expect(sent.slice(1).map((form) => form.get("refresh_token"))).toEqual([...tokens]);
    expect(tokens.size).toBe(10);
    expect(server.seen).toEqual({ ...before, granted: before.granted + 10 });
    expect(await isLive((await world.tokens(acme)).accessToken)).toBe(true);
    world.expectNoLeak();
  });

  it("is revoked, and its tokens are dead", async () => {
    const { world } = brokerAt();
    await connect(world);
    const { accessToken, refreshToken } = await world.tokens(acme);
    expect(await world.revoke({ force: false }, acme)).toMatchObject({
      status: "revoked",
      tokens: null,
      revocation: { upstream: "revoked" },
    });
    expect([await isLive(accessToken), await isLive(refreshToken)]).toEqual([false, false]);
    expect(await present(refreshToken)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    world.expectNoLeak();
  });

  it("is dead for the broker, too, once its server has said so", async () => {
    const { world } = brokerAt();
    await connect(world);
    const { refreshToken } = await world.tokens(acme);
    await world.refreshNow(acme);
    const before = server.seen.revokedGrants.length;
    expect(await present(refreshToken)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect(server.seen.refusals.at(-1)).toBe("refresh token already used");
    expect(server.seen.revokedGrants).toHaveLength(before + 1);
    await expect(world.refreshNow(acme)).rejects.toMatchObject({ code: "reauthorization_required" });
    expect(world.told()).toEqual(["active", "reauthorization_required"]);
  });

  it("survives a client secret that is refused", async () => {
    const { world } = brokerAt();
    await connect(world);
    world.credentials.stored.set("example", { ...client, clientSecret: "another" });
    world.credentials.forget("example");
    await expect(world.refreshNow(acme)).rejects.toMatchObject({ code: "client_credentials_rejected" });
    world.credentials.stored.set("example", client);
    world.credentials.forget("example");
    expect(await world.refreshNow(acme)).toMatchObject({ status: "active", generation: 2 });
  });
});

describe("the server's PKCE", () => {
  it("refuses a code with another verifier", async () => {
    const codeRequest: typeof provider.codeRequest = (input) =>
      example.codeRequest?.({ ...input, codeVerifier: "x".repeat(43) }) ?? formRequest("", {});
    const { world } = brokerAt({ ...provider, codeRequest });
    const { back, result } = await connect(world);
    expect(back.get("code")).not.toBeNull();
    expect(result).toMatchObject({ request: { outcome: { result: "failed", why: "code_rejected" } } });
    expect(server.seen.refusals.at(-1)).toBe("code_verifier does not match code_challenge");
  });

  it("gives no code without a challenge", async () => {
    const authorizationUrl: typeof provider.authorizationUrl = (input) => {
      const url = new URL(example.authorizationUrl?.(input) ?? "");
      url.searchParams.delete("code_challenge");
      url.searchParams.delete("code_challenge_method");
      return url.href;
    };
    const { world } = brokerAt({ ...provider, authorizationUrl });
    const { back } = await connect(world);
    expect(back.get("code")).toBeNull();
    expect(back.get("error")).toBe("invalid_request");
  });
});

it("had no fault of its own", () => {
  expect(server.seen.faults).toEqual([]);
});

describe("docs/providers/adding-one.md", () => {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  const page = read("docs/providers/adding-one.md");

  it("shows this very file, as it would be among the others", () => {
    const [, shown] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
    const file = read("test/providers/example.ts");
    expect(shown).toBe(file.replaceAll("../../shared/providers/", "./").replaceAll("../../shared/", "../"));
  });

  it("shows where it is registered", () => {
    const [, diff = ""] = /```diff\n([\s\S]*?) *```/.exec(page) ?? [];
    const kept = diff.split("\n").filter((line) => !/^ *\+/.test(line));
    const registered = read("shared/runtime/configured-providers.ts")
      .split("\n")
      .map((line) => line.trim());
    expect(registered).toEqual(expect.arrayContaining(kept.map((line) => line.trim())));
    expect(kept.length).toBeGreaterThan(1);
  });
});
