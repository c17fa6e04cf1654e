import type { ProviderEventName } from "./event-names.ts";
import { type BreakerEvent, endpointKey, type ProviderHealth } from "./provider-health.ts";

/**
 * What a change of an endpoint's health tells the world: that its breaker has opened, closed, or is open for another reason
 * than before. What it is open for tells an operator whether to wait or to act.
 */
export function breakerEvent(
  before: ProviderHealth,
  after: ProviderHealth,
  actor: string,
  now: number,
): BreakerEvent | undefined {
  if (before.open?.code === after.open?.code) return undefined;
  const name = eventName(after.open);
  const sequence = before.sequence + 1;
  const { provider, origin } = before;
  return {
    // The time beside the sequence: in a table that was restored to an earlier time, sequences come again.
    id: `${endpointKey(before)}#${sequence}-${now}-${name.slice("provider.".length)}`,
    name,
    breaker: after.open === null ? "closed" : "open",
    provider,
    origin,
    code: after.open?.code ?? null,
    sequence,
    actor,
    at: now,
  };
}

function eventName(open: ProviderHealth["open"]): ProviderEventName {
  if (open === null) return "provider.recovered";
  return open.code === "client_credentials_rejected" ? "provider.client_credentials_rejected" : "provider.unavailable";
}

/** Adds an event that is owed. */
export function withEvent(health: ProviderHealth, event: BreakerEvent): ProviderHealth {
  return { ...health, owed: { ...health.owed, [event.sequence]: event } };
}

/** Strikes off events that the bus has accepted. @returns the same object where none of them is owed */
export function withoutEvents(health: ProviderHealth, accepted: ReadonlySet<string>): ProviderHealth {
  const left = Object.entries(health.owed).filter(([, { id }]) => !accepted.has(id));
  return left.length === Object.keys(health.owed).length ? health : { ...health, owed: Object.fromEntries(left) };
}
