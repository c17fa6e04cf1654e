import type { BusEvent, Metadata } from "./state.ts";

/** The code that each open breaker is open for, by the endpoint that it protects. */
export type OpenBreakers = ReadonlyMap<string, string>;

type Endpoint = Pick<Metadata, "provider" | "origin">;

/** What an event makes of the breakers that are open. Of one endpoint, the last event says how things stand. */
export function withBreakerEvent(open: OpenBreakers, { detail_type, detail }: BusEvent): OpenBreakers {
  if (!detail_type.startsWith("provider.")) return open;
  const changed = new Map(open);
  const key = endpointKey(detail as Endpoint);
  if (detail["breaker"] === "open") changed.set(key, String(detail["code"]));
  else changed.delete(key);
  return changed;
}

/** Why nobody refreshes where a connection is refreshed; null where the breaker is closed. */
export function openedFor(open: OpenBreakers, connection: Endpoint): string | null {
  return open.get(endpointKey(connection)) ?? null;
}

function endpointKey({ provider, origin }: Endpoint): string {
  return `${provider} ${origin}`;
}
