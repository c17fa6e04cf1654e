import type { Failure } from "../oauth/failure.ts";
import type { ConnectionId } from "./connection-id.ts";
import type { ErrorCode } from "./error.ts";
import type { ProviderEventName } from "./event-names.ts";
import { backoffMilliseconds } from "./refresh-schedule.ts";
import { timing } from "./timing.ts";

/** What refreshes have lately been like at one token endpoint. All connections there share it; times are epoch milliseconds. */
export type ProviderHealth = {
  /** Origin of the token endpoint. */
  readonly origin: string;
  readonly provider: string;
  /** +1 for every write. 0: nothing was ever written, for nothing ever failed. */
  readonly sequence: number;
  /** Transient failures in a row, over all connections. */
  readonly transientFailures: number;
  /** Connections whose refresh was refused for our client credentials since the last success; two are enough. */
  readonly clientFailures: readonly ConnectionId[];
  /** The breaker: nobody refreshes before `until`, and then one does. Null while it is closed. */
  readonly open: { readonly until: number; readonly code: ErrorCode; readonly tries: number } | null;
  /** Refreshes a second while the provider limits us; null for as many as there are. */
  readonly rate: number | null;
  /** Changes of the breaker whose event was not sent yet. */
  readonly owed: Readonly<Record<string, BreakerEvent>>;
};

export type BreakerEvent = {
  /** The same for every delivery of the same change. */
  readonly id: string;
  readonly name: ProviderEventName;
  readonly breaker: "open" | "closed";
  readonly provider: string;
  readonly origin: string;
  readonly code: ErrorCode | null;
  readonly sequence: number;
  readonly actor: string;
  readonly at: number;
};

const transientLimit = 5;
const clientLimit = 2;
const rates = { first: 8, lowest: 0.25, unlimited: 16, lower: 0.5, raise: 1.25 } as const;

/** The health of an endpoint at which nothing has failed. */
export function soundHealth(provider: string, origin: string): ProviderHealth {
  return {
    origin,
    provider,
    sequence: 0,
    transientFailures: 0,
    clientFailures: [],
    open: null,
    rate: null,
    owed: {},
  };
}

export type Admission =
  | { readonly kind: "admitted" }
  /** The breaker was open long enough: one refresh may find out whether it still has to be. */
  | { readonly kind: "probe" }
  | { readonly kind: "refused"; readonly until: number; readonly code: ErrorCode };

/** Decides whether a refresh may be tried at an endpoint. */
export function admission(health: ProviderHealth, now: number): Admission {
  const { open } = health;
  if (open === null) return { kind: "admitted" };
  return open.until <= now ? { kind: "probe" } : { kind: "refused", until: open.until, code: open.code };
}

/** Takes the probe: until it has ended, or its lease would have, all others stay away. */
export function takeProbe(health: ProviderHealth, now: number): ProviderHealth {
  return health.open === null ? health : { ...health, open: { ...health.open, until: now + timing.lease } };
}

/** @returns the health after a refresh that succeeded, or the same object where that changes nothing */
export function afterSuccess(health: ProviderHealth): ProviderHealth {
  const isSound =
    health.open === null &&
    health.transientFailures === 0 &&
    health.clientFailures.length === 0 &&
    health.rate === null;
  if (isSound) return health;
  const raised = health.rate === null ? null : health.rate * rates.raise;
  const next = { ...health, transientFailures: 0, clientFailures: [], open: null };
  return { ...next, rate: raised !== null && raised >= rates.unlimited ? null : raised };
}

/**
 * @param connection `isOnly`: no other refreshes at this endpoint. `isProbe`: it was let through an open breaker; what else
 * fails while the breaker is open began before, and says nothing new.
 * @param fraction random number from 0 to 1, for jitter
 * @returns the health after a refresh that failed, or the same object where that changes nothing
 */
export function afterFailure(
  health: ProviderHealth,
  failure: Failure,
  connection: { readonly id: ConnectionId; readonly isOnly: boolean; readonly isProbe: boolean },
  now: number,
  fraction: number,
): ProviderHealth {
  if (failure.class === "grant") return afterSuccess(health);
  if (health.open !== null && !connection.isProbe) return health;
  const isClient = failure.class === "client";
  const transientFailures = isClient ? health.transientFailures : health.transientFailures + 1;
  const clientFailures =
    isClient && !health.clientFailures.includes(connection.id)
      ? [...health.clientFailures, connection.id].slice(-clientLimit)
      : health.clientFailures;
  const rate =
    failure.status === 429 ? Math.max(rates.lowest, (health.rate ?? rates.first) * rates.lower) : health.rate;
  const opens =
    health.open !== null ||
    transientFailures >= transientLimit ||
    clientFailures.length >= clientLimit ||
    (isClient && connection.isOnly);
  const next = { ...health, transientFailures, clientFailures, rate };
  if (!opens) return next;
  const tries = (health.open?.tries ?? 0) + 1;
  const until = now + backoffMilliseconds(tries, fraction, failure.retryAfterMilliseconds);
  const code = isClient ? "client_credentials_rejected" : "provider_unavailable";
  return { ...next, open: { until, code, tries } };
}
