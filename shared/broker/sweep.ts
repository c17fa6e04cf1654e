import type { Provider } from "../providers/provider.ts";
import { hasTimeForAttempt, writeOwn } from "./attempt.ts";
import { closeAttempt, postponeReplay } from "./attempt-writes.ts";
import { attemptCandidate } from "./candidate-attempt.ts";
import { type Connection, crashedAttempt, dueAt, isLeased, needsReplay, nextRefreshAt } from "./connection.ts";
import type { ConnectionId } from "./connection-id.ts";
import { discharge } from "./discharge.ts";
import { settleIn } from "./import-connection.ts";
import type { Invocation } from "./ports.ts";
import { type RefresherPorts, type RefreshResult, refresh } from "./refresh.ts";
import { openGate, type RefreshGate } from "./refresh-gate.ts";
import { finishUpstream } from "./revoke.ts";

/** How many connections are attended to at once. */
const concurrency = 32;

/** How many ids are asked of the due index at a time. */
const pageSize = 128;

export type SweepResult = {
  readonly attended: number;
  /** Connections that could not even be attended to; they stay due. */
  readonly failed: number;
};

/**
 * Attends to what is due: refreshes, redeems candidates, goes on revoking, discharges what connections and the breakers of
 * their providers owe.
 *
 * The due index is the queue and only a hint: every decision is made on a consistent read. What cannot begin before
 * the invocation's end is left due. Each connection is attended to once a sweep at most, so a fault that keeps one due
 * cannot hold up the others.
 */
export async function sweep(ports: RefresherPorts, invocation: Invocation): Promise<SweepResult> {
  const seen = new Set<ConnectionId>();
  const gate = openGate(ports, invocation);
  let failed = 0;
  for (const { id, origin } of ports.providers.values()) await gate.discharge({ provider: id, origin });
  for (;;) {
    const ids = await nextDue(ports, gate, seen);
    if (ids.length === 0 || !hasTimeForAttempt(ports, invocation)) return { attended: seen.size, failed };
    await forEach(ids, async (id) => {
      if (!hasTimeForAttempt(ports, invocation)) return;
      seen.add(id);
      try {
        await attend(ports, gate, id, invocation);
      } catch (error) {
        failed++;
        ports.log.error("A due connection could not be attended to. It stays due.", { connection: id, error });
      }
    });
  }
}

/** Due ids of all providers, taken in turn, without those that this sweep has attended to. */
async function nextDue(
  ports: RefresherPorts,
  gate: RefreshGate,
  seen: ReadonlySet<ConnectionId>,
): Promise<readonly ConnectionId[]> {
  const queues = await Promise.all([...ports.providers.values()].map((provider) => dueOf(ports, gate, provider, seen)));
  const longest = Math.max(0, ...queues.map((queue) => queue.length));
  return Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue.slice(turn, turn + 1))).flat();
}

/**
 * One provider's share. Behind an open breaker only the head of the queue is looked at, for what is due for other reasons
 * than a refresh; and the one that finds out whether it still has to be open is taken at random, so that a connection
 * which fails for reasons of its own does not keep it open.
 */
async function dueOf(
  ports: RefresherPorts,
  gate: RefreshGate,
  provider: Provider,
  seen: ReadonlySet<ConnectionId>,
): Promise<readonly ConnectionId[]> {
  const limit = pageSize + seen.size;
  const due = await ports.connections.due({ provider: provider.id, now: ports.clock.now(), limit });
  const queue = due.filter((id) => !seen.has(id));
  if (queue.length === 0) return queue;
  const admitted = await gate.look({ provider: provider.id, origin: provider.origin });
  if (admitted.kind === "refused" && seen.size > 0) return [];
  if (admitted.kind !== "probe") return queue;
  const start = Math.floor(ports.random.fraction() * queue.length);
  return [...queue.slice(start), ...queue.slice(0, start)];
}

async function forEach(ids: readonly ConnectionId[], work: (id: ConnectionId) => Promise<void>): Promise<void> {
  const queue = ids.values();
  await Promise.all(
    Array.from({ length: Math.min(concurrency, ids.length) }, async () => {
      for (const id of queue) await work(id);
    }),
  );
}

/** Does what one connection needs most. What else it needs is still due afterwards. */
async function attend(
  ports: RefresherPorts,
  gate: RefreshGate,
  id: ConnectionId,
  invocation: Invocation,
): Promise<void> {
  const connection = await ports.connections.read(id);
  if (connection === undefined) return;
  const now = ports.clock.now();
  const due = dueAt(connection);
  if (due === null || due > now) {
    // The key was left too early by a write that could not know better, or the index lags behind the item.
    await ports.connections.discharge(id, { sequence: connection.sequence, settle: [], dueAt: due });
    return;
  }
  if (isLeased(connection, now)) {
    await discharge(ports, connection, invocation);
  } else if (connection.candidate !== null && connection.candidate.retryAt <= now) {
    const result = await attemptCandidate(ports, connection, invocation);
    if (result.kind === "committed") await settleIn(ports, result, invocation);
  } else if (connection.status === "revoking") {
    await finishUpstream(ports, await discharge(ports, connection, invocation), invocation, 0, false);
  } else if (needsReplay(connection, now) || isRefreshDue(connection, now)) {
    const result = await refresh(ports, id, { kind: "schedule" }, invocation, connection, gate);
    if (result.kind === "refused") await settleRefused(ports, result, invocation);
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

/** What a refresh that was not even tried leaves to do. */
async function settleRefused(
  ports: RefresherPorts,
  result: Extract<RefreshResult, { kind: "refused" }>,
  invocation: Invocation,
): Promise<void> {
  if (result.connection === undefined) return;
  const after = await discharge(ports, result.connection, invocation);
  const now = ports.clock.now();
  if (result.decision.kind !== "backing-off" || crashedAttempt(after, now) === undefined) return;
  const author = { by: ports.random.id(), actor: invocation.actor, now };
  await writeOwn(ports.connections, after, postponeReplay(after, result.decision.until, author), () => false);
}
