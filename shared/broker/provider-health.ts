import type { Failure } from "../oauth/failure.ts";
import type { ConnectionId } from "./connection-id.ts";
import type { ErrorCode } from "./error.ts";
import type { ProviderEventName } from "./event-names.ts";
import { backoffMilliseconds } from "./refresh-schedule.ts";
import { timing } from "./timing.ts";

/** A provider's token endpoint. Several providers may have theirs at one origin. */
export type Endpoint = { readonly provider: string; readonly origin: string };

/** What an endpoint's health is kept under. */
export function endpointKey({ provider, origin }: Endpoint): string {
  return `${provider}#${origin}`;
}

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
  /** The last time that the provider asked for less: when it did, and until when it wants to be left alone. */
  readonly limited: { readonly at: number; readonly until: number } | null;
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

/**
 * Refreshes a second; the first limit is half of `first`. What each success adds doubles the rate in 14 s wherever it is, so
 * that a provider which takes 8 a second refuses one in 80, and one that was down is soon back at its full rate.
 */
const rates = { first: 8, lowest: 0.25, unlimited: 64, lower: 0.5, raise: 0.05 } as const;

/** A limit that the provider has not repeated for so long is none. */
const limitForgotten = 3_600_000;

/**
 * For how long one answer that asks to be left alone holds back the other connections. It may be about that account alone,
 * whose own pause lasts for as long as was asked; if it is about all of us, the next answer says so again.
 */
const longestHold = 60_000;

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
    limited: null,
    owed: {},
  };
}

export type Admission =
  | { readonly kind: "admitted" }
  /** The breaker was open long enough: one refresh may find out whether it still has to be. */
  | { readonly kind: "probe" }
  | { readonly kind: "refused"; readonly until: number; readonly code: ErrorCode };

/**
 * How a refresh was let through. `open`: nothing was in the way. `probe`: it is the one that finds out whether the breaker
 * still has to be open. `insisted`: an operator's, whatever was in the way.
 */
export type Way = "open" | "probe" | "insisted";

/** Decides whether a refresh may be tried at an endpoint. */
export function admission(health: ProviderHealth, now: number): Admission {
  const { open } = health;
  if (open !== null && open.until > now) return { kind: "refused", until: open.until, code: open.code };
  const until = heldUntil(health);
  if (until > now) return { kind: "refused", until, code: "provider_unavailable" };
  return open === null ? { kind: "admitted" } : { kind: "probe" };
}

/** True while the breaker is open and nobody may find out whether it still has to be. */
export function isShut(health: ProviderHealth, now: number): boolean {
  return health.open !== null && health.open.until > now;
}

/** Until when the provider has asked to be left alone; in the past where it has not. */
export function heldUntil(health: ProviderHealth): number {
  return health.limited?.until ?? 0;
}

/** Takes the probe: until it has ended, or its lease would have, all others stay away. */
export function takeProbe(health: ProviderHealth, now: number): ProviderHealth {
  return health.open === null ? health : { ...health, open: { ...health.open, until: now + timing.lease } };
}

/**
 * @param since when the refresh was let through: what was sent before the provider asked for less is no sign that it would
 * take more
 * @returns the health after a refresh that succeeded, or the same object where that changes nothing
 */
export function afterSuccess(health: ProviderHealth, since: number, now: number): ProviderHealth {
  const isNew = since >= (health.limited?.at ?? 0);
  const rate = isNew ? raised(health, now) : health.rate;
  const limited = isNew ? released(health.limited, now) : health.limited;
  const isSound = health.open === null && health.transientFailures === 0 && health.clientFailures.length === 0;
  if (isSound && rate === health.rate && limited === health.limited) return health;
  return { ...health, transientFailures: 0, clientFailures: [], open: null, rate, limited };
}

function raised({ rate, limited }: ProviderHealth, now: number): number | null {
  if (rate === null || now - (limited?.at ?? 0) >= limitForgotten) return null;
  return rate + rates.raise >= rates.unlimited ? null : rate + rates.raise;
}

/** What was let through although the provider had asked to be left alone has succeeded: it takes refreshes again. */
function released(limited: ProviderHealth["limited"], now: number): ProviderHealth["limited"] {
  return limited === null || limited.until <= now ? limited : { ...limited, until: now };
}

/**
 * @param connection `isOnly`: no other refreshes at this endpoint. `way`: how it was let through, and `since`: when. What
 * fails behind an open breaker began before it opened, and says nothing new; what an operator insisted on says at most that
 * there is another reason now. A 429 to what was sent before the last one says nothing new either: a burst gets many.
 * @param fraction random number from 0 to 1, for jitter
 * @returns the health after a refresh that failed, or the same object where that changes nothing
 */
export function afterFailure(
  health: ProviderHealth,
  failure: Failure,
  connection: {
    readonly id: ConnectionId;
    readonly isOnly: boolean;
    readonly way: Way;
    readonly since: number;
  },
  now: number,
  fraction: number,
): ProviderHealth {
  if (failure.class === "grant") return afterSuccess(health, connection.since, now);
  const code = failure.class === "client" ? "client_credentials_rejected" : "provider_unavailable";
  if (health.open !== null && connection.way !== "probe") {
    const isNews = connection.way === "insisted" && code !== health.open.code;
    return isNews ? { ...health, open: { ...health.open, code } } : health;
  }
  if (failure.status === 429 && connection.since < (health.limited?.at ?? 0)) return health;
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
  const next = { ...health, transientFailures, clientFailures, rate, limited: limitedBy(health, failure, now) };
  if (!opens) return next;
  const tries = (health.open?.tries ?? 0) + 1;
  const until = now + backoffMilliseconds(tries, fraction, failure.retryAfterMilliseconds);
  return { ...next, open: { until, code, tries } };
}

function limitedBy(health: ProviderHealth, failure: Failure, now: number): ProviderHealth["limited"] {
  const { class: failureClass, status, retryAfterMilliseconds: asked } = failure;
  if (failureClass !== "transient" || (status !== 429 && asked === undefined)) return health.limited;
  return { at: now, until: Math.max(heldUntil(health), now + Math.min(asked ?? 0, longestHold)) };
}
