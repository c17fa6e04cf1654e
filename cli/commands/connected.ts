import type { Metadata } from "../broker/metadata.ts";

/** `unclear`: refreshes account for what has happened, and an authorization beside a refresh would look the same. */
export type Authorized = "yes" | "no" | "unclear";

/**
 * Whether somebody has authorized between two looks at a connection. A refresh counts the generation up as well, but says so
 * in `last_refresh`, where only the last of several is seen.
 */
export function wasAuthorized(before: Metadata | undefined, after: Metadata | undefined): Authorized {
  if (after === undefined || !isAlive(after)) return "no";
  // No refresh brings back what was revoked.
  if (before === undefined || before.status === "revoking" || before.status === "revoked") return "yes";
  const steps = after.generation - before.generation;
  if (steps === 0) return "no";
  const { at, outcome } = after.last_refresh;
  if (at === before.last_refresh.at) return "yes";
  return steps === 1 && outcome === "succeeded" ? "no" : "unclear";
}

function isAlive({ status }: Metadata): boolean {
  return status === "active" || status === "degraded";
}
