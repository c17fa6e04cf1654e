import { type ConnectionId, splitConnectionId } from "../../shared/broker/connection-id.ts";
import { importConnection } from "../../shared/broker/import-connection.ts";
import type { Log, Ports } from "../../shared/broker/ports.ts";
import { sweep } from "../../shared/broker/sweep.ts";
import type { Provider } from "../../shared/providers/provider.ts";
import { rdStation } from "../../shared/providers/rd-station.ts";
import { shardsOf } from "../../shared/runtime/schedule-share.ts";
import { startedAt, virtualClock } from "./broker-world.ts";
import { memoryAuthorizations } from "./memory-authorizations.ts";
import { memoryClientCredentials } from "./memory-client-credentials.ts";
import { memoryConnections } from "./memory-connections.ts";
import { memoryEvents } from "./memory-events.ts";
import { ignoredMetrics } from "./memory-metrics.ts";
import { memoryProviderHealth } from "./memory-provider-health.ts";
import { memoryPublisher } from "./memory-publisher.ts";
import { memoryShare } from "./memory-share.ts";
import { memoryVault } from "./memory-vault.ts";

export type Arrival = {
  readonly provider: string;
  readonly connection: ConnectionId;
  /** Milliseconds since `arrivals` was last emptied. */
  readonly at: number;
  readonly status: number;
};

/** How a token endpoint is doing. */
export type EndpointState = {
  isDown: boolean;
  /** Requests that it takes in any one second; those beyond get a 429. */
  limit: number;
  /** What its 429 asks for, in seconds. */
  retryAfter: number | undefined;
  /** Milliseconds. */
  latency: number;
  /** Connections that it has trouble with. */
  readonly failsFor: Set<ConnectionId>;
};

export type BacklogWorld = ReturnType<typeof backlogWorld>;

/** Several providers with many connections, in memory and under a virtual clock. All they do is refresh. */
export function backlogWorld(providerIds: readonly string[]) {
  const clock = virtualClock();
  const providers = new Map<string, Provider>(
    providerIds.map((id) => [id, { ...rdStation, id, origin: `https://${id}.example` }]),
  );
  const endpoints = new Map<string, EndpointState>(
    providerIds.map((id) => [
      id,
      { isDown: false, limit: Number.POSITIVE_INFINITY, retryAfter: 1, latency: 150, failsFor: new Set() },
    ]),
  );
  const arrivals: Arrival[] = [];
  let countedFrom = startedAt;
  const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const connections = memoryConnections();
  const providerHealth = memoryProviderHealth();
  const events = memoryEvents();
  const reads: ConnectionId[] = [];
  const unreadable = new Set<ConnectionId>();
  let made = 0;

  function endpoint(provider: string): EndpointState {
    const found = endpoints.get(provider);
    if (found === undefined) throw new Error(`There is no provider ${provider}.`);
    return found;
  }

  function statusOf(provider: string, connection: ConnectionId, at: number): number {
    const { isDown, limit, failsFor } = endpoint(provider);
    if (isDown || failsFor.has(connection)) return 503;
    const recent = arrivals.filter((arrival) => arrival.provider === provider && arrival.at > at - 1000);
    return recent.filter(({ status }) => status === 200).length >= limit ? 429 : 200;
  }

  async function answer(url: string, refreshToken: string): Promise<Response> {
    const provider = new URL(url).hostname.replace(".example", "");
    const at = clock.now() - countedFrom;
    const connection = refreshToken.replace("refresh-token-of-", "") as ConnectionId;
    const status = statusOf(provider, connection, at);
    arrivals.push({ provider, connection, at, status });
    const { latency, retryAfter } = endpoint(provider);
    if (latency > 0) await clock.sleep(latency);
    const headers: Record<string, string> =
      status === 429 && retryAfter !== undefined ? { "retry-after": String(retryAfter) } : {};
    if (status !== 200) return new Response("<html>", { status, headers });
    return Response.json({ access_token: `access-${++made}`, refresh_token: refreshToken, expires_in: 86_400 });
  }

  const ports: Ports = {
    connections: {
      ...connections,
      async read(id) {
        reads.push(id);
        if (unreadable.has(id)) throw new Error(`The item of ${id} is damaged.`);
        return connections.read(id);
      },
    },
    authorizations: memoryAuthorizations(),
    vault: memoryVault(),
    publisher: memoryPublisher(),
    clientCredentials: memoryClientCredentials({
      clock,
      stored: Object.fromEntries(providerIds.map((id) => [id, { clientId: "client-id", clientSecret: "secret" }])),
    }),
    events,
    providerHealth,
    providers,
    readOrigin: (text) => text,
    fetchFor: () => (url, init) =>
      answer(String(url), (JSON.parse(String(init?.body)) as { refresh_token: string }).refresh_token),
    clock,
    random: { secret: () => `secret-${++made}`, id: () => `id-${++made}`, fraction: () => (++made * 0.618_034) % 1 },
    log,
    metrics: ignoredMetrics,
    settings: {
      publish: new Set(),
      prefix: "chaveiro",
      publicUrl: "https://broker.example",
      returnToOrigins: new Set(),
      installUrl: undefined,
    },
  };

  const world = {
    ports,
    clock,
    connections,
    events,
    endpoint,
    /** Every request to a token endpoint, in order. */
    arrivals,
    /** Every read of a connection, in order. */
    reads,
    /** Connections whose item is damaged. */
    unreadable,
    /** Everything of a provider, as the due index has it. */
    queue: (provider: string) => connections.due({ provider, now: clock.now(), limit: Number.POSITIVE_INFINITY }),
    health: (provider: string) => providerHealth.stored.get(`${provider}#https://${provider}.example`),
    /** Connects many accounts at once, and lets all their tokens become due. */
    async backlog(counts: Readonly<Record<string, number>>) {
      for (const [provider, count] of Object.entries(counts)) {
        for (let account = 0; account < count; account++) {
          const id: ConnectionId = `${provider}/tenant-${account}`;
          const { latency } = endpoint(provider);
          endpoint(provider).latency = 0;
          const input = { refreshToken: `refresh-token-of-${id}`, origin: undefined };
          await importConnection(ports, id, input, { actor: "tester", endsAt: clock.now() + 60_000 });
          endpoint(provider).latency = latency;
        }
      }
      clock.advance(22 * 3_600_000);
      world.forget();
    },
    /** Counts from now on. */
    forget() {
      arrivals.length = 0;
      reads.length = 0;
      countedFrom = clock.now();
    },
    /**
     * What so many schedules do in a minute, all of them together.
     * @returns when the last sweep ended, in milliseconds from its beginning
     */
    async minute(schedules = 1): Promise<number> {
      const begun = clock.now();
      const shares = Array.from({ length: schedules }, (_, share) => ({ share, of: schedules }));
      await Promise.all(
        shares.map((share) => {
          const own = memoryShare(ports.connections, shardsOf(share));
          return sweep({ ...ports, connections: own }, { actor: "schedule", endsAt: begun + 59_500 }, share);
        }),
      );
      const took = clock.now() - begun;
      clock.advance(Math.max(0, 60_000 - took));
      return took;
    },
    /** How many connections of a provider have been refreshed. */
    refreshed: (provider: string) =>
      [...connections.items.values()].filter(
        ({ connection }) => splitConnectionId(connection.id).provider === provider && connection.generation > 1,
      ).length,
    /** How many requests arrived at a provider, second by second. */
    perSecond(provider: string): readonly number[] {
      const counts: number[] = [];
      for (const arrival of arrivals) {
        if (arrival.provider !== provider) continue;
        const second = Math.floor(arrival.at / 1000);
        counts[second] = (counts[second] ?? 0) + 1;
      }
      return Array.from(counts, (count) => count ?? 0);
    },
  };
  return world;
}
