import { expect } from "vitest";
import { type CallbackInput, finishAuthorization } from "../../shared/broker/callback.ts";
import type { Connection } from "../../shared/broker/connection.ts";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import { createTicket, type TicketRequest } from "../../shared/broker/create-ticket.ts";
import { importConnection } from "../../shared/broker/import-connection.ts";
import type { Clock, Invocation, Log, LogFields, Ports, Settings } from "../../shared/broker/ports.ts";
import { type AccessTokenRequest, readAccessToken } from "../../shared/broker/read-access-token.ts";
import { refreshNow } from "../../shared/broker/refresh-now.ts";
import { revoke } from "../../shared/broker/revoke.ts";
import { openTokenSet } from "../../shared/broker/sealed-token-set.ts";
import { startAuthorization } from "../../shared/broker/start-authorization.ts";
import { sweep } from "../../shared/broker/sweep.ts";
import type { Fetch } from "../../shared/oauth/http.ts";
import type { TokenSet } from "../../shared/oauth/token-set.ts";
import type { Provider, RotationPolicy } from "../../shared/providers/provider.ts";
import { rdStation } from "../../shared/providers/rd-station.ts";
import { memoryAuthorizations } from "./memory-authorizations.ts";
import { memoryClientCredentials } from "./memory-client-credentials.ts";
import { memoryConnections } from "./memory-connections.ts";
import { memoryEvents } from "./memory-events.ts";
import { memoryMetrics } from "./memory-metrics.ts";
import { memoryProviderHealth } from "./memory-provider-health.ts";
import { memoryPublisher } from "./memory-publisher.ts";
import { memoryVault } from "./memory-vault.ts";

export const startedAt = Date.UTC(2026, 10, 21, 18, 0, 0);
export const acme: ConnectionId = "rd-station/acme";

const ourClient = { clientId: "client-id", clientSecret: "client-secret-of-ours" };

/** What a provider does with refresh tokens when one is redeemed. */
export type Rotation = "same" | "new-old-still-valid" | "single-use" | "single-use-family";

export type WorldOptions = {
  readonly rotation?: Rotation;
  /** What we believe about it; what is true where not given. */
  readonly policy?: RotationPolicy;
  readonly provider?: (provider: Provider) => Provider;
  readonly publish?: boolean;
  /** What the token endpoint says to a refresh token that it does not know. */
  readonly deadGrant?: () => Response;
  /** In place of the scripted server and of virtual time. */
  readonly network?: { readonly fetch: Fetch; readonly clock: MovableClock };
};

export type BrokerWorld = ReturnType<typeof brokerWorld>;

/** Everything around the broker's use cases, in memory and under a virtual clock. */
export function brokerWorld(options: WorldOptions = {}) {
  const rotation = options.rotation ?? "same";
  const clock = options.network?.clock ?? virtualClock();
  const faults = faultPlan(clock);
  const server = tokenServer(clock, rotation, options.deadGrant ?? answers.deadGrant);
  const log = logRecorder();
  const metrics = memoryMetrics();
  const publisher = memoryPublisher();
  const events = memoryEvents();
  const providerHealth = memoryProviderHealth();
  const connections = memoryConnections();
  const authorizations = memoryAuthorizations();
  const vault = memoryVault();
  const policy =
    options.policy ?? (rotation === "same" || rotation === "new-old-still-valid" ? "replayable" : rotation);
  const base: Provider = { ...rdStation, rotation: policy };
  const provider = options.provider?.(base) ?? base;
  const credentials = memoryClientCredentials({ clock, stored: { [provider.id]: ourClient } });
  const settings: Settings = {
    publish: new Set(options.publish === false ? [] : [provider.id]),
    prefix: "chaveiro",
    publicUrl: "https://broker.example",
    returnToOrigins: new Set(["https://app.example"]),
    installUrl: undefined,
  };
  const random = countingRandom();
  const fetch = options.network?.fetch ?? server.fetch;
  const ports: Ports = {
    connections: faults.around("connections", connections),
    authorizations: faults.around("authorizations", authorizations),
    vault: faults.around("vault", vault),
    publisher: faults.around("publisher", publisher),
    clientCredentials: { ...faults.around("clientCredentials", credentials), forget: credentials.forget },
    events: faults.around("events", events),
    providerHealth: faults.around("providerHealth", providerHealth),
    providers: new Map([[provider.id, provider]]),
    fetchFor:
      () =>
      (...request) =>
        faults.run("fetch", () => fetch(...request)),
    clock,
    random,
    log: log.log,
    metrics: metrics.metrics,
    settings,
    readOrigin: (text) => text,
  };

  const world = {
    ports,
    clock,
    faults,
    server,
    provider,
    events,
    providerHealth,
    log,
    /** What was measured, in order. */
    measured: metrics.measured,
    connections,
    authorizations,
    credentials,
    published: (id: ConnectionId = acme) => publisher.read(`chaveiro/${id}`),
    /** The statuses that events told of, each change once, in the order of the changes. */
    told() {
      const changes = [...new Map(events.sent.map(({ event }) => [event.id, event])).values()];
      return changes.sort((left, right) => left.sequence - right.sequence).map(({ status }) => status);
    },
    /** An invocation with a minute to go. */
    invocation: (actor = "tester"): Invocation => ({ actor, endsAt: clock.now() + 60_000 }),
    sweep: () => sweep(ports, { actor: "schedule", endsAt: clock.now() + 60_000 }),
    /** The connection as it is stored. */
    stored(id: ConnectionId = acme): Connection {
      const connection = connections.items.get(id)?.connection;
      if (connection === undefined) throw new Error(`Nothing is stored under ${id}.`);
      return connection;
    },
    dueAt: (id: ConnectionId = acme) => connections.items.get(id)?.dueAt,
    /** Connects an account by the use case itself, with a grant of its own. */
    async connect(id: ConnectionId = acme) {
      const grant = server.grant();
      const { connection } = await world.import(grant.refreshToken, id);
      return { connection, grant };
    },
    read: (request: Partial<AccessTokenRequest> = {}, id: ConnectionId = acme) =>
      readAccessToken(ports, id, { minimumSeconds: undefined, rejected: undefined, ...request }, world.invocation()),
    import: (refreshToken: string, id: ConnectionId = acme, origin?: string) =>
      importConnection(ports, id, { refreshToken, origin }, world.invocation()),
    revoke: (input = { force: false }, id: ConnectionId = acme) => revoke(ports, id, input, world.invocation()),
    refreshNow: (id: ConnectionId = acme) => refreshNow(ports, id, world.invocation()),
    async ticket(request: Partial<TicketRequest> = {}, id: ConnectionId = acme) {
      const usual: TicketRequest = { returnTo: undefined, expiresInSeconds: undefined, allowOtherAccount: false };
      const issued = await createTicket(ports, id, { ...usual, ...request });
      return new URL(issued.authorizationUrl).searchParams.get("ticket") ?? "";
    },
    start: (ticket: string, binding?: string) => startAuthorization(ports, { provider: provider.id, ticket, binding }),
    /** Opens a ticket and goes to the provider. @returns what brings the browser back with a code */
    async authorizing(ticket: string) {
      const started = await world.start(ticket);
      if (started.kind !== "redirect") throw new Error(`The ticket could not be opened: ${started.kind}.`);
      const state = new URL(started.url).searchParams.get("state") ?? "";
      const usual = { provider: provider.id, state, code: undefined, error: undefined, binding: started.binding };
      return (input: Partial<CallbackInput>) =>
        finishAuthorization(ports, { ...usual, ...input }, clock.now() + 25_000);
    },
    /** Lets the access token of a connection expire. */
    expire(id: ConnectionId = acme) {
      world.until((world.stored(id).expiresAt ?? 0) + 1);
    },
    /** Lets time pass until then, if it is still to come. */
    until(time: number | null) {
      clock.advance(Math.max(0, (time ?? 0) - clock.now()));
    },
    /** A sweep after a minute, when leases of now are over and debts of now are looked for. */
    async sweepLater(milliseconds = 61_000) {
      clock.advance(milliseconds);
      return world.sweep();
    },
    /** The token set that is stored, as the vault shows it. */
    async tokens(id: ConnectionId = acme): Promise<TokenSet> {
      const { tokens, committedBy } = world.stored(id);
      if (tokens === null || committedBy === null) throw new Error(`${id} holds no token set.`);
      return openTokenSet(await vault.openKey(id, tokens), tokens, committedBy);
    },
    /** Fails where a secret can be read in a log line, an event or the clear part of an item. */
    expectNoLeak() {
      const seen = JSON.stringify([
        log.lines,
        metrics.measured,
        events.sent,
        events.sentOfBreakers,
        [...connections.items.values()],
      ]);
      for (const secret of [...server.secrets, ...random.secrets]) expect(seen).not.toContain(secret);
    },
  };
  return world;
}

export type MovableClock = Clock & { advance(milliseconds: number): void };

/**
 * Time that passes only while everybody sleeps. Sleepers wake in order, each only after all that its predecessor set in
 * motion has come to rest.
 */
export function virtualClock(): MovableClock {
  let now = startedAt;
  let pumping = false;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  async function pump() {
    if (pumping) return;
    pumping = true;
    while (sleepers.length > 0) {
      await rest();
      sleepers.sort((left, right) => left.at - right.at);
      const next = sleepers.shift();
      now = Math.max(now, next?.at ?? 0);
      next?.wake();
    }
    pumping = false;
  }
  return {
    now: () => now,
    sleep: (milliseconds) =>
      new Promise((wake) => {
        sleepers.push({ at: now + milliseconds, wake });
        void pump();
      }),
    advance(milliseconds) {
      now += milliseconds;
    },
  };
}

/** Until nobody can go on without time passing. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function countingRandom() {
  let count = 0;
  const secrets = new Set<string>();
  return {
    secrets,
    id: () => `id-${++count}`,
    fraction: () => 0.5,
    secret() {
      const secret = `secret-${++count}-`.padEnd(43, "x");
      secrets.add(secret);
      return secret;
    },
  };
}

/** The store did not answer. Whether it did what it was asked is another question. */
class StoreDown extends Error {
  override readonly name = "StoreDown";
}

/** A promise and the function that fulfils it. */
function signal(): { readonly promise: Promise<void>; readonly give: () => void } {
  let give: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { promise, give };
}

type Act = (run: () => Promise<unknown>) => Promise<unknown>;
export type Held = { readonly reached: Promise<void>; release(): void };

/** Faults and interleavings, planned by the name of a port's method, such as `connections.write`. */
function faultPlan(clock: Clock) {
  const plans: { readonly call: string; skip: number; readonly act: Act }[] = [];
  const outages = new Map<string, number>();
  const calls: string[] = [];
  let everyCall: ((call: string, run: () => Promise<unknown>) => Promise<unknown>) | undefined;

  function plan(call: string, act: Act, skip = 0) {
    plans.push({ call, skip, act });
  }
  async function run<Result>(call: string, work: () => Promise<Result>): Promise<Result> {
    calls.push(call);
    if (everyCall !== undefined) return (await everyCall(call, work)) as Result;
    if ((outages.get(call) ?? 0) > clock.now()) throw new StoreDown(call);
    const index = plans.findIndex((planned) => planned.call === call && planned.skip-- === 0);
    const [planned] = index < 0 ? [] : plans.splice(index, 1);
    return planned === undefined ? work() : ((await planned.act(work)) as Result);
  }
  return {
    /** Every call so far, in order. */
    calls,
    run,
    around<Port extends object>(name: string, port: Port): Port {
      const methods = Object.entries(port).filter((entry): entry is [string, Method] => typeof entry[1] === "function");
      const wrapped = methods.map(([method, original]) => [
        method,
        (...input: readonly unknown[]) => run(`${name}.${method}`, async () => original(...input)),
      ]);
      return { ...port, ...Object.fromEntries(wrapped) };
    },
    /** The call throws and does nothing. `skip`: after so many that go well. */
    failNext(call: string, { times = 1, skip = 0 } = {}) {
      for (let time = 0; time < times; time++) plan(call, () => Promise.reject(new StoreDown(call)), skip);
    },
    /** The call throws and does nothing for so many milliseconds. */
    outage(call: string, milliseconds: number) {
      outages.set(call, clock.now() + milliseconds);
    },
    /** The call is done and then throws. */
    loseReply(call: string, { skip = 0 } = {}) {
      const act: Act = async (work) => {
        await work();
        throw new StoreDown(call);
      };
      plan(call, act, skip);
    },
    /** Somebody else is faster: `other` runs whole, just before the call or just after it. */
    before(call: string, other: () => Promise<unknown>, { skip = 0 } = {}) {
      const act: Act = async (work) => {
        await other();
        return work();
      };
      plan(call, act, skip);
    },
    after(call: string, other: () => Promise<unknown>, { skip = 0 } = {}) {
      const act: Act = async (work) => {
        const result = await work();
        await other();
        return result;
      };
      plan(call, act, skip);
    },
    /** The caller is frozen before or after the call, for ever where nobody releases it: its process has died. */
    freeze(call: string, when: "before" | "after", { skip = 0 } = {}): Held {
      const reached = signal();
      const gate = signal();
      const act: Act = async (work) => {
        const done = when === "after" ? work() : undefined;
        await done?.catch(() => undefined);
        reached.give();
        await gate.promise;
        return done ?? work();
      };
      plan(call, act, skip);
      return { reached: reached.promise, release: gate.give };
    },
    /** Takes over every call, whatever is planned. */
    intercept(handler: typeof everyCall) {
      everyCall = handler;
    },
  };
}

type Method = (...input: readonly unknown[]) => unknown;

type Grant = {
  readonly account: string;
  alive: boolean;
  refreshToken: string;
  readonly old: Set<string>;
  readonly accessTokens: Map<string, number>;
};

/** What the token endpoint does with one request. `act` redeems as usual and gives the usual answer. */
export type Answer = (act: () => Response) => Response | Promise<Response>;

/** Scripted answers of the token endpoint. */
export const answers = {
  /** The work was done, the answer never arrived. */
  lost: (act) => {
    act();
    throw Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET", message: "read ECONNRESET" } });
  },
  /** The request never arrived. */
  unreached: () => {
    const cause = { code: "ECONNREFUSED", syscall: "connect", message: "connect ECONNREFUSED" };
    throw Object.assign(new TypeError("fetch failed"), { cause });
  },
  /** A gateway's page; nothing was done. */
  html: () => new Response("<html>Bad gateway</html>", { status: 503 }),
  tooMany: () => Response.json({ error: "rate limit" }, { status: 429, headers: { "retry-after": "30" } }),
  wrongClient: () => refusal("ACCESS_DENIED"),
  deadGrant: () => refusal("INVALID_REFRESH_TOKEN"),
  /** Redeemed and rotated; the access token in the answer is unusable. */
  withoutAccessToken: async (act) => {
    const { access_token: _lost, ...rest } = (await act().json()) as Readonly<Record<string, unknown>>;
    return Response.json(rest);
  },
  /** Redeemed, and the access token lives for a moment only. */
  shortLived: async (act) => Response.json({ ...((await act().json()) as object), expires_in: 1 }),
} satisfies Record<string, Answer>;

function refusal(type: string, status = 401): Response {
  return Response.json({ errors: { error_type: type, error_message: "No." } }, { status });
}

/** RD Station as a token, revocation and account endpoint, with adjustable rotation. Counts what it is asked. */
function tokenServer(clock: Clock, rotation: Rotation, deadGrant: () => Response) {
  const grants: Grant[] = [];
  const codes = new Map<string, string>();
  const secrets = new Set<string>([ourClient.clientSecret]);
  const outstanding = new Map<string, number>();
  const script: Answer[] = [];
  let made = 0;
  const server = {
    secrets,
    /** Life of access tokens in seconds. */
    lifeSeconds: 86_400,
    /** How long an answer takes, in milliseconds. */
    latency: 0,
    /** What the next requests to the token endpoint get, in order; the usual answer afterwards. */
    script,
    /** The client secret that is good there; any where undefined. */
    clientSecret: undefined as string | undefined,
    /** What every request to the revocation endpoint gets; the usual answer where undefined. */
    revocationAnswer: undefined as (() => Response) | undefined,
    /** The URLs of the token endpoint that were asked. */
    asked: [] as string[],
    /** Refresh tokens in the order in which they were presented. */
    redemptions: [] as string[],
    exchanges: 0,
    revocations: [] as string[],
    /** How often a refresh token was presented while the same one was outstanding. */
    overlaps: 0,
    grant(account = "Acme Ltda."): Grant {
      const grant = {
        account,
        alive: true,
        refreshToken: token("refresh"),
        old: new Set<string>(),
        accessTokens: new Map(),
      };
      grants.push(grant);
      return grant;
    },
    /** A code, as the redirect brings it. */
    code(account = "Acme Ltda."): string {
      const code = token("code");
      codes.set(code, account);
      return code;
    },
    grantOf: (refreshToken: string) =>
      grants.find((grant) => grant.refreshToken === refreshToken || grant.old.has(refreshToken)),
    fetch: (async (input, init) => {
      const { pathname } = new URL(String(input));
      const body = typeof init?.body === "string" ? init.body : "";
      const authorization = new Headers(init?.headers).get("authorization") ?? "";
      const grant = grants.find((candidate) => candidate.accessTokens.has(authorization.slice("Bearer ".length)));
      const expiresAt = grant?.accessTokens.get(authorization.slice("Bearer ".length)) ?? 0;
      const bearer = grant?.alive === true && expiresAt > clock.now() ? grant : undefined;
      if (pathname === "/auth/token" || pathname.endsWith("/oauth2/token")) {
        server.asked.push(String(input));
        return tokenEndpoint(body.startsWith("{") ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body)));
      }
      if (pathname === "/auth/revoke") return revocationEndpoint(new URLSearchParams(body).get("token") ?? "", bearer);
      if (pathname === "/marketing/account_info" && bearer !== undefined)
        return Response.json({ name: bearer.account });
      return refusal("UNAUTHORIZED");
    }) satisfies Fetch as Fetch,
  };

  function token(kind: string): string {
    const text = `${kind}-token-number-${++made}`;
    secrets.add(text);
    return text;
  }

  async function tokenEndpoint(body: {
    readonly client_secret?: string;
    readonly refresh_token?: string;
    readonly code?: string;
  }): Promise<Response> {
    const isOurs = server.clientSecret === undefined || body.client_secret === server.clientSecret;
    const answer = script.shift() ?? (isOurs ? (act) => act() : answers.wrongClient);
    if (body.refresh_token === undefined) {
      server.exchanges++;
      await pause();
      return answer(() => exchange(body.code ?? ""));
    }
    const presented = body.refresh_token;
    server.redemptions.push(presented);
    const others = outstanding.get(presented) ?? 0;
    if (others > 0) server.overlaps++;
    outstanding.set(presented, others + 1);
    try {
      await pause();
      return await answer(() => redeem(presented));
    } finally {
      outstanding.set(presented, (outstanding.get(presented) ?? 1) - 1);
    }
  }

  async function pause() {
    if (server.latency > 0) await clock.sleep(server.latency);
  }

  function exchange(code: string): Response {
    const account = codes.get(code);
    codes.delete(code);
    if (account === undefined) return refusal("EXPIRED_CODE_GRANT");
    return tokensOf(server.grant(account));
  }

  function redeem(presented: string): Response {
    const grant = server.grantOf(presented);
    const isOld = grant?.old.has(presented) === true;
    if (isOld && rotation === "single-use-family" && grant !== undefined) grant.alive = false;
    if (grant === undefined || !grant.alive || (isOld && rotation === "single-use")) return deadGrant();
    if (rotation !== "same") {
      grant.old.add(grant.refreshToken);
      grant.refreshToken = token("refresh");
    }
    return tokensOf(grant);
  }

  function tokensOf(grant: Grant): Response {
    const accessToken = token("access");
    grant.accessTokens.set(accessToken, clock.now() + server.lifeSeconds * 1000);
    return Response.json({
      access_token: accessToken,
      refresh_token: grant.refreshToken,
      expires_in: server.lifeSeconds,
    });
  }

  async function revocationEndpoint(revoked: string, bearer: Grant | undefined): Promise<Response> {
    server.revocations.push(revoked);
    await pause();
    if (server.revocationAnswer !== undefined) return server.revocationAnswer();
    if (bearer === undefined) return refusal("UNAUTHORIZED");
    const grant = server.grantOf(revoked);
    if (grant !== undefined) grant.alive = false;
    return new Response(null, { status: 200 });
  }
  return server;
}

type LogLine = { readonly level: keyof Log; readonly message: string; readonly fields: LogFields };

function logRecorder() {
  const lines: LogLine[] = [];
  const at = (level: keyof Log) => (message: string, fields: LogFields) => {
    const { error, ...rest } = fields;
    const name = error instanceof Error ? error.name : error;
    lines.push({ level, message, fields: error === undefined ? rest : { ...rest, error: name } });
  };
  const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { lines, log };
}
