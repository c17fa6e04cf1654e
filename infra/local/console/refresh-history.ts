import type { BusEvent, Metadata, SeenRefresh } from "./state.ts";

/** Refreshes of one connection that are remembered. */
const longest = 40;

/** Oldest first, by the time at which they ended: the item and the event that one write made carry the same. */
export type RefreshHistory = readonly SeenRefresh[];

/** Adds a refresh, or puts it in the place of what was known of the same one. */
export function withRefresh(history: RefreshHistory, refresh: SeenRefresh | undefined): RefreshHistory {
  if (refresh === undefined) return history;
  const others = history.filter(({ at }) => at !== refresh.at);
  return [...others, refresh].sort((one, other) => (one.at < other.at ? -1 : 1)).slice(-longest);
}

/** The refresh that a connection's item tells of; undefined where there was none. */
export function lastRefreshOf({ last_refresh: { at, outcome, code } }: Metadata): SeenRefresh | undefined {
  return at === null || outcome === null ? undefined : { at, outcome, code };
}

const outcomes: Readonly<Record<string, SeenRefresh["outcome"]>> = {
  "connection.degraded": "failed",
  "connection.recovered": "succeeded",
  "connection.reauthorization_required": "failed",
};

/** The refresh that an event tells of. Events outlive the process, so they know what was before it started. */
export function refreshOfEvent({ detail_type, detail }: BusEvent): SeenRefresh | undefined {
  const outcome = outcomes[detail_type];
  if (outcome === undefined || typeof detail["at"] !== "string") return undefined;
  const code = detail_type === "connection.reauthorization_required" ? "grant_rejected" : (detail["code"] ?? null);
  return { at: detail["at"], outcome, code: code as SeenRefresh["code"] };
}
