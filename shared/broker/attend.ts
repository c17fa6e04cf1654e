import { writeOwn } from "./attempt.ts";
import { closeAttempt, postponeReplay } from "./attempt-writes.ts";
import { attemptCandidate } from "./candidate-attempt.ts";
import {
  type Connection,
  crashedAttempt,
  dueAt,
  isLeased,
  needsReplay,
  nextRefreshAt,
  providerOf,
} from "./connection.ts";
import type { ConnectionId } from "./connection-id.ts";
import { discharge } from "./discharge.ts";
import { settleIn } from "./import-connection.ts";
import { measureDue } from "./measure.ts";
import type { Invocation } from "./ports.ts";
import { admission, type Endpoint } from "./provider-health.ts";
import { type RefresherPorts, type Refusal, refresh } from "./refresh.ts";
import { refreshDecision } from "./refresh-decision.ts";
import type { RefreshGate } from "./refresh-gate.ts";
import { needsRefreshForCall } from "./revocation-attempt.ts";
import { finishUpstream } from "./revoke.ts";

/** What a sweep gives to each connection that it attends to. */
export type Attendance = {
  readonly invocation: Invocation;
  readonly gate: RefreshGate;
  /** Waits for a refresh's turn. @returns false where it has none in this sweep */
  readonly takeTurn: (endpoint: Endpoint) => Promise<boolean>;
};

/** Does what one connection needs most. What else it needs is still due afterwards. */
export async function attend(ports: RefresherPorts, id: ConnectionId, attendance: Attendance): Promise<void> {
  const { invocation } = attendance;
  const connection = await ports.connections.read(id);
  if (connection === undefined) return;
  const now = ports.clock.now();
  const due = dueAt(connection);
  if (due === null || due > now) {
    // The key was left too early by a write that could not know better, or the index lags behind the item.
    await ports.connections.discharge(id, { sequence: connection.sequence, settle: [], dueAt: due });
    return;
  }
  measureDue(ports.metrics, connection, now);
  if (isLeased(connection, now)) {
    await discharge(ports, connection, invocation);
  } else if (connection.candidate !== null && connection.candidate.retryAt <= now) {
    const result = await attemptCandidate(ports, connection, invocation);
    if (result.kind === "committed") await settleIn(ports, result, invocation);
  } else if (connection.status === "revoking") {
    await goOnRevoking(ports, await discharge(ports, connection, invocation), attendance);
  } else if (connection.status !== "revoked" && (needsReplay(connection, now) || isRefreshDue(connection, now))) {
    await refreshInTurn(ports, connection, attendance);
  } else {
    const after = await discharge(ports, connection, invocation);
    if (crashedAttempt(after, now) === undefined) return;
    const author = { by: ports.random.id(), actor: invocation.actor, now };
    await writeOwn(ports.connections, after, closeAttempt(after, author), () => false);
  }
}

function isRefreshDue(connection: Connection, now: number): boolean {
  const isAlive = connection.status === "active" || connection.status === "degraded";
  return isAlive && nextRefreshAt(connection) <= now;
}

function endpointOf(connection: Connection): Endpoint {
  return { provider: providerOf(connection), origin: connection.origin };
}

async function refreshInTurn(ports: RefresherPorts, connection: Connection, attendance: Attendance): Promise<void> {
  const { invocation, gate, takeTurn } = attendance;
  const endpoint = endpointOf(connection);
  // A sweep knows the endpoints that all of a provider's connections share, and finds any other through a connection there.
  if (endpoint.origin !== ports.providers.get(endpoint.provider)?.origin) await gate.discharge(endpoint);
  const { kind } = refreshDecision(connection, ports.clock.now(), { kind: "schedule" });
  if (kind === "due" && !(await takeTurn(endpoint))) {
    const now = ports.clock.now();
    const admitted = admission(await gate.look(endpoint), now);
    const { until, code } = admitted.kind === "refused" ? admitted : { until: now, code: undefined };
    const decision: Refusal = code === undefined ? { kind: "leased", until } : { kind: "backing-off", until, code };
    return settleRefused(ports, connection, decision, invocation);
  }
  const result = await refresh(ports, connection.id, { kind: "schedule" }, invocation, connection, gate);
  if (result.kind === "refused" && result.connection !== undefined) {
    await settleRefused(ports, result.connection, result.decision, invocation);
  }
}

async function goOnRevoking(ports: RefresherPorts, connection: Connection, attendance: Attendance): Promise<void> {
  const { invocation, gate, takeTurn } = attendance;
  const isBackingOff = connection.retry !== null && connection.retry.at > ports.clock.now();
  const needsTurn = connection.status === "revoking" && !isBackingOff && needsRefreshForCall(ports, connection);
  if (needsTurn && !(await takeTurn(endpointOf(connection)))) return;
  await finishUpstream(ports, connection, invocation, 0, false, gate);
}

/** What a refresh that was not even tried leaves to do. */
async function settleRefused(
  ports: RefresherPorts,
  connection: Connection,
  decision: Refusal,
  invocation: Invocation,
): Promise<void> {
  const after = await discharge(ports, connection, invocation);
  const now = ports.clock.now();
  if (decision.kind !== "backing-off" || crashedAttempt(after, now) === undefined) return;
  const author = { by: ports.random.id(), actor: invocation.actor, now };
  await writeOwn(ports.connections, after, postponeReplay(after, decision.until, author), () => false);
}
