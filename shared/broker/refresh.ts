import type { TokenSet } from "../oauth/token-set.ts";
import { hasTimeForAttempt, writeOwn } from "./attempt.ts";
import { postponeReplay } from "./attempt-writes.ts";
import { type Connection, needsReplay, providerOf } from "./connection.ts";
import type { ConnectionId } from "./connection-id.ts";
import { type DischargePorts, discharge } from "./discharge.ts";
import type { ErrorCode } from "./error.ts";
import { requireProvider } from "./known-provider.ts";
import { measureAttempt } from "./measure.ts";
import type { Invocation } from "./ports.ts";
import { attemptRefresh, type RefreshPorts } from "./refresh-attempt.ts";
import { type Demand, hasLife, type RefreshDecision, refreshDecision } from "./refresh-decision.ts";
import { replayNotBefore } from "./refresh-failure.ts";
import { type GatePorts, openGate, type RefreshGate, requestPass } from "./refresh-gate.ts";
import { timing } from "./timing.ts";

export type RefresherPorts = RefreshPorts & DischargePorts & GatePorts;

export type RefreshResult =
  /** What is there meets the demand, refreshed or not. */
  | {
      readonly kind: "fresh";
      readonly connection: Connection;
      /** The token set where this call received it. */
      readonly tokens?: TokenSet;
    }
  | { readonly kind: "refused"; readonly decision: Refusal; readonly connection: Connection | undefined }
  /** This call's own attempt ended without a token set. */
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly connection: Connection };

export type Refusal = Exclude<RefreshDecision, { kind: "fresh" } | { kind: "due" }>;

/** How often a lost race is decided anew before the winner is waited for. */
const races = 3;

/**
 * The one refresher. Every refresh, from the schedule, a reader or an operator, comes through here.
 *
 * Reads the connection, decides, and either makes an attempt or waits for somebody else's. A schedule never waits: what
 * is leased is looked at again when the lease is over.
 *
 * @param known the connection where it was read a moment ago, to save the first read
 * @param gate shared by all refreshes of one sweep; a refresh of its own opens its own
 * @throws errors of the store; nothing was spent
 */
export async function refresh(
  ports: RefresherPorts,
  id: ConnectionId,
  demand: Demand,
  invocation: Invocation,
  known?: Connection,
  gate: RefreshGate = openGate(ports, invocation),
): Promise<RefreshResult> {
  const waitUntil = demand.kind === "schedule" ? 0 : ports.clock.now() + timing.wait;
  let connection = known ?? (await ports.connections.read(id));
  let lost = 0;
  for (let pause: number = timing.waitFirst; ; connection = await ports.connections.read(id)) {
    const decision = refreshDecision(connection, ports.clock.now(), demand);
    if (decision.kind === "fresh" && connection !== undefined) return { kind: "fresh", connection };
    if (decision.kind === "due" && connection !== undefined) {
      if (lost >= races || !hasTimeForAttempt(ports, invocation)) {
        return { kind: "refused", decision: { kind: "leased", until: ports.clock.now() }, connection };
      }
      if (await postponed(ports, connection, demand, invocation)) continue;
      const endpoint = { provider: providerOf(connection), origin: connection.origin };
      const pass = await requestPass(ports, gate, endpoint, demand.kind === "operator");
      if ("kind" in pass) {
        const { until, code } = pass;
        return { kind: "refused", decision: { kind: "backing-off", until, code }, connection };
      }
      const result = await attemptRefresh(ports, connection, invocation, demand.kind === "rejected", pass);
      measureAttempt(ports, connection, result);
      if (result.kind === "overtaken") {
        lost++;
        continue;
      }
      if (result.kind === "failed") {
        return { ...result, connection: await discharge(ports, result.connection, invocation) };
      }
      const { tokens } = result;
      const after = await discharge(ports, result.connection, invocation, tokens);
      return describeCommitted(result.connection, after, tokens, demand, ports.clock.now());
    }
    if (decision.kind === "leased" && ports.clock.now() + pause <= waitUntil) {
      await ports.clock.sleep(pause);
      pause = Math.min(pause * 2, timing.waitLongest);
      continue;
    }
    return { kind: "refused", decision: decision as Refusal, connection };
  }
}

/**
 * What a commit of one's own means for the demand: revoking may have begun under it, the answer's access token may have
 * been unusable, and its life shorter than before.
 */
function describeCommitted(
  committed: Connection,
  after: Connection,
  tokens: TokenSet,
  demand: Demand,
  now: number,
): RefreshResult {
  if (after.status === "revoking" || after.status === "revoked") {
    return { kind: "refused", decision: { kind: "revoked" }, connection: after };
  }
  const isReader = demand.kind === "reader" || demand.kind === "rejected";
  const isEnough = isReader ? hasLife(after, now, demand.minimumMilliseconds) : true;
  const isUsable = committed.status === "active" || (demand.kind === "reader" && isEnough);
  if (!isUsable || !isEnough) return { kind: "failed", code: "provider_unavailable", connection: after };
  return { kind: "fresh", connection: after, ...(after.committedBy === committed.committedBy ? { tokens } : {}) };
}

/**
 * An attempt without a known outcome may have spent the refresh token. Where presenting it again could end the whole
 * grant, that waits until the access token is nearly over, unless an operator insists.
 */
async function postponed(
  ports: RefresherPorts,
  connection: Connection,
  demand: Demand,
  invocation: Invocation,
): Promise<boolean> {
  if (demand.kind === "operator" || !needsReplay(connection, ports.clock.now())) return false;
  const notBefore = replayNotBefore(requireProvider(ports.providers, providerOf(connection)), connection);
  if (notBefore <= ports.clock.now()) return false;
  const author = { by: ports.random.id(), actor: invocation.actor, now: ports.clock.now() };
  await writeOwn(ports.connections, connection, postponeReplay(connection, notBefore, author), () => false);
  return true;
}
