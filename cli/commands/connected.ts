import type { Metadata } from "../broker/metadata.ts";

/**
 * True where somebody has authorized between two looks at a connection. A refresh counts the generation up as well, but says so
 * in `last_refresh`; what is counted up beside it was an authorization. Two looks are close enough for one refresh at most.
 */
export function wasAuthorized(before: Metadata | undefined, after: Metadata | undefined): boolean {
  if (after === undefined || (after.status !== "active" && after.status !== "degraded")) return false;
  if (before === undefined) return true;
  const { at, outcome } = after.last_refresh;
  const refreshes = at !== before.last_refresh.at && outcome === "succeeded" ? 1 : 0;
  return after.generation - before.generation > refreshes;
}
