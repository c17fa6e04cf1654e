import type { Failure } from "../oauth/failure.ts";
import { breakerEvent, withEvent, withoutEvents } from "./breaker-event.ts";
import type { ConnectionId } from "./connection-id.ts";
import type { ProviderEventName } from "./event-names.ts";
import type { Invocation, Ports } from "./ports.ts";
import {
  type Admission,
  admission,
  afterFailure,
  afterSuccess,
  type BreakerEvent,
  type Endpoint,
  endpointKey,
  type ProviderHealth,
  soundHealth,
  takeProbe,
  type Way,
} from "./provider-health.ts";
import { timing } from "./timing.ts";

export type GatePorts = Pick<Ports, "connections" | "providerHealth" | "events" | "clock" | "random" | "log">;

/**
 * Stands before the token endpoints for the length of one invocation: reads an endpoint's health once, and lets refreshes
 * through or not. What it cannot read or write never stops a refresh: the breaker protects the provider, and the lease
 * protects the refresh token.
 */
export type RefreshGate = {
  /** @returns whether a refresh may be tried now. `probe`: this one was let through an open breaker, and has to report. */
  admit(endpoint: Endpoint): Promise<Admission>;
  /** How things stand, without taking the probe. */
  look(endpoint: Endpoint): Promise<ProviderHealth>;
  succeeded(pass: Pass): Promise<void>;
  failed(pass: Pass, id: ConnectionId, failure: Failure): Promise<void>;
  /**
   * Sends what changes of the breaker have owed for a while. Never throws: what cannot be sent stays owed.
   * @returns how things stood before
   */
  discharge(endpoint: Endpoint): Promise<ProviderHealth>;
  /** True where the connection's refresh was refused for our client credentials, and no other's has succeeded since. */
  isCommonFailure(endpoint: Endpoint, id: ConnectionId): Promise<boolean>;
};

/** The way through a gate that a refresh came, and reports to. */
export type Pass = {
  readonly gate: RefreshGate;
  readonly endpoint: Endpoint;
  readonly way: Way;
  /** When it was let through, in epoch milliseconds. */
  readonly since: number;
};

/** How often a change of the health is made again on top of somebody else's. */
const rounds = 3;

const ways = { admitted: "open", probe: "probe", refused: "insisted" } as const;

/**
 * Asks a gate to let a refresh through.
 *
 * @param insists an operator's refresh is always let through
 * @returns the way through, or until when nobody is let through
 */
export async function requestPass(
  ports: Pick<Ports, "clock">,
  gate: RefreshGate,
  endpoint: Endpoint,
  insists: boolean,
): Promise<Pass | Extract<Admission, { kind: "refused" }>> {
  const admitted = await gate.admit(endpoint);
  if (admitted.kind === "refused" && !insists) return admitted;
  return { gate, endpoint, way: ways[admitted.kind], since: ports.clock.now() };
}

/** Opens a gate for one invocation. What becomes of a breaker in it is its actor's doing. */
export function openGate(ports: GatePorts, { actor }: Pick<Invocation, "actor">): RefreshGate {
  const known = new Map<string, Promise<ProviderHealth>>();
  const writing = new Map<string, Promise<unknown>>();

  const read = (endpoint: Endpoint): Promise<ProviderHealth> => {
    const found = known.get(endpointKey(endpoint)) ?? readHealth(ports, endpoint);
    known.set(endpointKey(endpoint), found);
    return found;
  };

  const writeNow = async (
    endpoint: Endpoint,
    next: (health: ProviderHealth) => ProviderHealth,
  ): Promise<ProviderHealth | undefined> => {
    try {
      for (let round = 0; round < rounds; round++) {
        const health = await read(endpoint);
        const changed = next(health);
        if (changed === health) return health;
        const written = { ...changed, sequence: health.sequence + 1 };
        if (await ports.providerHealth.write(written)) {
          known.set(endpointKey(endpoint), Promise.resolve(written));
          return written;
        }
        known.delete(endpointKey(endpoint));
      }
    } catch (error) {
      ports.log.error("The health of a provider could not be written.", { provider: endpoint.provider, error });
    }
    return undefined;
  };

  /**
   * Makes the changes of one endpoint's health one after the other, so that those of one invocation never compete.
   * @returns the health after the change; undefined where it could not be written
   */
  const write = (
    endpoint: Endpoint,
    next: (health: ProviderHealth) => ProviderHealth,
  ): Promise<ProviderHealth | undefined> => {
    const before = writing.get(endpointKey(endpoint)) ?? Promise.resolve();
    const written = before.then(() => writeNow(endpoint, next));
    writing.set(endpointKey(endpoint), written);
    return written;
  };

  /** Sends what changes of the breaker until then owe. What the bus does not take stays owed, for a sweep. */
  const discharge = async (endpoint: Endpoint, until: number): Promise<ProviderHealth> => {
    const health = await read(endpoint);
    const owed = Object.values(health.owed).filter(({ at }) => at <= until);
    if (owed.length === 0) return health;
    try {
      const accepted = await ports.events.sendBreakerEvents(owed);
      if (accepted.size > 0) await write(endpoint, (latest) => withoutEvents(latest, accepted));
    } catch (error) {
      const { provider } = endpoint;
      ports.log.error("Events of a provider could not be sent. They stay owed.", { provider, error });
    }
    return health;
  };

  /** As `write`, and tells where the breaker has changed. */
  const change = async (
    endpoint: Endpoint,
    next: (health: ProviderHealth) => ProviderHealth,
  ): Promise<ProviderHealth | undefined> => {
    let event: BreakerEvent | undefined;
    const after = await write(endpoint, (health) => {
      const changed = next(health);
      event = breakerEvent(health, changed, actor, ports.clock.now());
      return event === undefined ? changed : withEvent(changed, event);
    });
    if (after === undefined || event === undefined) return after;
    report(ports, event);
    await discharge(endpoint, event.at);
    return after;
  };

  return {
    look: read,
    async admit(endpoint) {
      const now = ports.clock.now();
      const admitted = admission(await read(endpoint), now);
      if (admitted.kind !== "probe") return admitted;
      let isOurs = false;
      const after = await change(endpoint, (health) => {
        isOurs = admission(health, now).kind === "probe";
        return isOurs ? takeProbe(health, now) : health;
      });
      return isOurs ? admitted : admission(after ?? (await read(endpoint)), now);
    },
    async succeeded({ endpoint, since }) {
      const next = (health: ProviderHealth) => afterSuccess(health, since, ports.clock.now());
      const health = await read(endpoint);
      if (next(health) !== health) await change(endpoint, next);
    },
    async failed({ endpoint, way, since }, id, failure) {
      const isOnly = failure.class === "client" && (await isOnlyConnection(ports, endpoint.provider));
      const fraction = ports.random.fraction();
      await change(endpoint, (health) =>
        afterFailure(health, failure, { id, isOnly, way, since }, ports.clock.now(), fraction),
      );
    },
    discharge: (endpoint) => discharge(endpoint, ports.clock.now() - timing.owedAfter),
    isCommonFailure: async (endpoint, id) => (await read(endpoint)).clientFailures.includes(id),
  };
}

async function readHealth(ports: GatePorts, endpoint: Endpoint): Promise<ProviderHealth> {
  const { provider, origin } = endpoint;
  try {
    return (await ports.providerHealth.read(endpoint)) ?? soundHealth(provider, origin);
  } catch (error) {
    ports.log.error("The health of a provider could not be read; refreshing goes on.", { provider, error });
    return soundHealth(provider, origin);
  }
}

/** Where that cannot be found out, there may be others. */
async function isOnlyConnection(ports: GatePorts, provider: string): Promise<boolean> {
  try {
    const { connections, nextCursor } = await ports.connections.list({ provider, limit: 100, cursor: undefined });
    const refreshing = connections.filter(({ status }) => status === "active" || status === "degraded");
    return nextCursor === null && refreshing.length === 1;
  } catch (error) {
    ports.log.error("The connections of a provider could not be listed.", { provider, error });
    return false;
  }
}

const messages: Readonly<Record<ProviderEventName, string>> = {
  "provider.unavailable": "A provider does not answer as it should: its breaker is open.",
  "provider.client_credentials_rejected": "A provider refuses our client credentials: its breaker is open.",
  "provider.recovered": "A provider answers as it should: its breaker is closed.",
};

function report(ports: GatePorts, { name, provider, code, actor }: BreakerEvent): void {
  ports.log.warn(messages[name], { provider, actor, ...(code === null ? {} : { code }) });
}
