import { hasTimeForAttempt } from "./attempt.ts";
import { attend } from "./attend.ts";
import { openBell } from "./bell.ts";
import type { ConnectionId } from "./connection-id.ts";
import type { Invocation } from "./ports.ts";
import { admission, type Endpoint, type ProviderHealth } from "./provider-health.ts";
import type { RefresherPorts } from "./refresh.ts";
import { openGate, type RefreshGate } from "./refresh-gate.ts";
import { openPace, type RefreshPace } from "./refresh-pace.ts";
import { nextLane, openLane, type SweepLane } from "./sweep-lane.ts";
import { type SweepShare, wholeSweep } from "./sweep-share.ts";
import { timing } from "./timing.ts";

/** How many connections are attended to at once. */
const concurrency = 32;

/** How many ids of a provider are taken from the due index at a time. */
const pageSize = 128;

export type SweepResult = {
  readonly attended: number;
  /** Connections that could not even be attended to; they stay due. */
  readonly failed: number;
};

type Round = { readonly invocation: Invocation; readonly gate: RefreshGate; readonly pace: RefreshPace };

/**
 * Attends to what is due: refreshes, redeems candidates, goes on revoking, discharges what connections and the breakers of
 * their providers owe.
 *
 * The due index is the queue and only a hint: every decision is made on a consistent read. What cannot begin before
 * the invocation's end is left due. Each connection is attended to once a sweep at most, so a fault that keeps one due
 * cannot hold up the others; and each provider has a lane of its own, so that one that is slow, down or limits us holds up
 * its own connections only.
 *
 * @param share which part of every rate is this sweep's. Which part of the index is, the store knows.
 * @throws errors of the index, once everything that was begun has ended
 */
export async function sweep(
  ports: RefresherPorts,
  invocation: Invocation,
  share: SweepShare = wholeSweep,
): Promise<SweepResult> {
  const gate = openGate(ports, invocation);
  const round: Round = { invocation, gate, pace: openPace(ports, gate, share) };
  const lanes = [...ports.providers.values()].map(openLane);
  const bell = openBell();
  const errors: unknown[] = [];
  let failed = 0;
  ports.metrics.swept();
  for (const { id, origin } of ports.providers.values()) {
    // Said also where nothing is due: a metric that is missing means that nobody sweeps.
    ports.metrics.dueFor(id, 0);
    if (origin === undefined) continue;
    const health = await gate.discharge({ provider: id, origin });
    ports.metrics.breaker(id, health.open !== null);
  }

  const work = async (): Promise<void> => {
    while (hasTimeForAttempt(ports, invocation)) {
      const runningOut = lanes.find((candidate) => candidate.isRunningOut());
      const lane = nextLane(lanes);
      if (runningOut !== undefined) {
        await fill(ports, round, runningOut).catch((error: unknown) => errors.push(error));
      } else if (lane !== undefined) {
        if (!(await attendNext(ports, round, lane, bell.ring))) failed++;
      } else if (lanes.every((candidate) => candidate.isOver())) {
        return;
      } else {
        await bell.next();
        continue;
      }
      bell.ring();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  if (errors.length > 0) throw errors[0];
  return { attended: lanes.reduce((sum, lane) => sum + lane.taken(), 0), failed };
}

/** @returns false where the connection could not even be attended to */
async function attendNext(ports: RefresherPorts, round: Round, lane: SweepLane, onTurn: () => void): Promise<boolean> {
  const { invocation, gate, pace } = round;
  const place = lane.take();
  let isLeft = false;
  const takeTurn = async (endpoint: Endpoint): Promise<boolean> => {
    // Nobody waits for an endpoint that the lane's other connections may have nothing to do with.
    const isCommon = endpoint.origin === lane.provider.origin;
    const latest = isCommon ? invocation.endsAt - timing.attempt : ports.clock.now();
    const isTaken = await pace.take(endpoint, latest);
    isLeft = isCommon && !isTaken;
    place.endWaiting();
    onTurn();
    return isTaken;
  };
  try {
    await attend(ports, place.id, { invocation, gate, takeTurn });
    return true;
  } catch (error) {
    ports.metrics.unattended(lane.provider.id);
    ports.log.error("A due connection could not be attended to. It stays due.", { connection: place.id, error });
    return false;
  } finally {
    await adjust(ports, round, lane);
    place.leave(isLeft);
  }
}

/** Asks the due index for what nobody has taken yet. */
async function fill(ports: RefresherPorts, round: Round, lane: SweepLane): Promise<void> {
  lane.beginFilling();
  let ids: readonly ConnectionId[] = [];
  try {
    const limit = pageSize + lane.seen.size;
    const due = await ports.connections.due({ provider: lane.provider.id, now: ports.clock.now(), limit });
    ids = due.filter((id) => !lane.seen.has(id)).slice(0, pageSize);
    if (ids.length === 0) return;
    const health = await adjust(ports, round, lane);
    // A probe is of a connection taken at random: one that fails for reasons of its own must not keep the breaker open.
    if (health !== undefined && admission(health, ports.clock.now()).kind === "probe")
      ids = startingAnywhere(ports, ids);
  } finally {
    lane.fill(ids);
  }
}

function startingAnywhere(ports: RefresherPorts, ids: readonly ConnectionId[]): readonly ConnectionId[] {
  const start = Math.floor(ports.random.fraction() * ids.length);
  return [...ids.slice(start), ...ids.slice(0, start)];
}

/** Tells the lane how its provider is doing, where there is one place that all its connections depend on. */
async function adjust(ports: RefresherPorts, { gate }: Round, lane: SweepLane): Promise<ProviderHealth | undefined> {
  const { id: provider, origin } = lane.provider;
  if (origin === undefined) return undefined;
  const health = await gate.look({ provider, origin });
  lane.adjust(health, ports.clock.now());
  return health;
}
