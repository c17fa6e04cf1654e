import type { AttemptResult } from "./attempt-result.ts";
import { type Connection, dueAt, providerOf } from "./connection.ts";
import type { ErrorCode } from "./error.ts";
import type { Ports } from "./ports.ts";
import { timing } from "./timing.ts";

/** True while the provider is not known to have ended the grant, and nobody has revoked it. */
function isAlive({ status }: Connection): boolean {
  return status === "active" || status === "degraded";
}

/**
 * Counts how an attempt to refresh has ended.
 *
 * @param before the connection as the attempt found it
 */
export function measureAttempt(
  { metrics, clock }: Pick<Ports, "metrics" | "clock">,
  before: Connection,
  result: AttemptResult,
): void {
  const provider = providerOf(before);
  switch (result.kind) {
    case "overtaken":
      metrics.leaseLost(provider);
      break;
    case "failed":
      metrics.refreshed(provider, outcomeOf(result));
      break;
    case "committed":
      metrics.refreshed(provider, "succeeded");
      measureLife(metrics, before, clock.now());
  }
}

/** What was being revoked when its grant turned out to be dead is no account that anybody has to authorize again. */
function outcomeOf({ code, connection }: Extract<AttemptResult, { kind: "failed" }>): ErrorCode {
  return code === "reauthorization_required" && connection.status !== code ? "connection_revoked" : code;
}

function measureLife(metrics: Ports["metrics"], connection: Connection, now: number): void {
  if (!isAlive(connection)) return;
  const { issuedAt, expiresAt } = connection;
  const life = (expiresAt ?? 0) - (issuedAt ?? 0);
  metrics.lifeLeft(providerOf(connection), (100 * ((expiresAt ?? 0) - now)) / Math.max(1, life));
}

/**
 * Measures how a connection stands that a sweep has found due. What it owes is counted apart, and makes no refresh late.
 *
 * @param now epoch milliseconds
 */
export function measureDue(metrics: Ports["metrics"], connection: Connection, now: number): void {
  const provider = providerOf(connection);
  const due = dueAt({ ...connection, owed: {} });
  if (due !== null && due <= now) {
    metrics.dueFor(provider, now - due);
    measureLife(metrics, connection, now);
  }
  if (isAlive(connection) && (connection.expiresAt ?? 0) <= now) metrics.expired(provider);
  const late = Object.values(connection.owed).filter(({ since }) => since + timing.owedAfter <= now).length;
  if (late > 0) metrics.owed(provider, late);
}
