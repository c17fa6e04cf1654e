import type { Connection } from "../../shared/broker/connection.ts";
import { openTokenSet } from "../../shared/broker/sealed-token-set.ts";
import type { TokenSet } from "../../shared/oauth/token-set.ts";
import { memoryVault } from "../support/memory-vault.ts";
import { secretMark } from "./authorization-server.ts";
import type { Broker } from "./broker.ts";
import type { Finding } from "./findings.ts";
import { type Change, type Monitor, names, type Purpose } from "./monitor.ts";
import type { LossCause } from "./provider-kinds.ts";
import { atOnce, workerPorts } from "./worker-ports.ts";
import { acme, secretName, stored, type World } from "./world.ts";

/** What has become of the connection once the faults are over. */
export type Judgement = {
  readonly findings: readonly Finding[];
  /** A refresh token was lost, and this is why. */
  readonly loss: LossCause | null;
};

const mostSweeps = 10;

/** What is known of an execution beside what its monitor saw. */
export type Setting = {
  readonly purposes: readonly Purpose[];
  readonly wasRevoked: boolean;
  readonly handedIn: ReadonlySet<string>;
};

/**
 * Lets sweeps come, a minute apart and without faults, and looks at what they made of it: after the second everything has
 * to be told and published, and after a few more nothing may be left open.
 */
export async function judge(world: World, broker: Broker, monitor: Monitor, setting: Setting): Promise<Judgement> {
  const ports = workerPorts(
    world,
    names.charAt(setting.purposes.length),
    atOnce(world),
    monitor.effects(setting.purposes.length),
  );
  const sweep = async (at: number) => {
    world.now = Math.max(world.now + 61_000, at);
    await broker.sweep(ports, { actor: "schedule", endsAt: world.now + 60_000 });
  };
  await sweep(0);
  await sweep(0);
  await checkTold(world, monitor);
  for (let round = 0; round < mostSweeps && isUnresolved(stored(world)); round++) {
    await sweep(world.connections.items.get(acme)?.dueAt ?? 0);
  }
  const connection = stored(world);
  checkLeaks(world, monitor);
  if (connection !== undefined && isUnresolved(connection)) {
    monitor.note("left unresolved", `${connection.status}${connection.candidate === null ? "" : ", with a candidate"}`);
  }
  const causes = [
    ...(await lossOfStored(world, monitor, setting, connection)),
    ...lossesOfHandedIn(world, monitor, setting, connection),
  ];
  const loss = causes.find((cause) => cause !== null) ?? null;
  return { findings: monitor.findings, loss };
}

function isUnresolved(connection: Connection | undefined): boolean {
  if (connection === undefined) return false;
  const { attempt, candidate, unknown, status } = connection;
  const isOpen = (attempt !== null && !attempt.ended) || (candidate !== null && !candidate.refused) || unknown;
  return isOpen || status === "degraded" || status === "revoking";
}

/** Every change was told, in its order, and the secret that consumers read is the connection's. */
async function checkTold(world: World, monitor: Monitor): Promise<void> {
  const events = new Map(world.events.sent.map(({ event }) => [event.id, event]));
  const told = [...events.values()]
    .filter(({ id }) => !monitor.toldBefore.has(id))
    .sort((left, right) => left.sequence - right.sequence)
    .map(({ status, name }) => ({ status, isAuthorization: name === "connection.authorized" }));
  if (JSON.stringify(told) !== JSON.stringify(monitor.changes)) {
    monitor.note("events missing", `told ${describeChanges(told)} of ${describeChanges(monitor.changes)}`);
  }
  const connection = stored(world);
  if (connection === undefined || connection.secretName === null || connection.status === "unconnected") return;
  const published = world.versions.read(secretName);
  if (published?.generation !== connection.generation) {
    monitor.note(
      "published out of order",
      `${published?.generation} is published, and ${connection.generation} stored`,
    );
  }
  const isRevoked = connection.status === "revoking" || connection.status === "revoked";
  const accessToken = published !== undefined && "access_token" in published ? published.access_token : undefined;
  const expected = isRevoked ? undefined : (await openStored(connection))?.accessToken;
  if (accessToken !== expected) {
    monitor.note("published out of order", `it is ${connection.status}, and consumers read another token`);
  }
}

function describeChanges(changes: readonly Change[]): string {
  return changes.map(({ status, isAuthorization }) => `${isAuthorization ? "authorized, " : ""}${status}`).join("; ");
}

function checkLeaks(world: World, monitor: Monitor): void {
  const item = JSON.stringify(stored(world) ?? "");
  const events = JSON.stringify([world.events.sent, world.events.sentOfBreakers]);
  if (item.includes(secretMark)) monitor.note("secret leaked", "in a clear field of the item");
  if (events.includes(secretMark)) monitor.note("secret leaked", "in an event");
}

/** Looks whether the stored refresh token still works at the server, and if not, why. */
async function lossOfStored(
  world: World,
  monitor: Monitor,
  setting: Setting,
  connection: Connection | undefined,
): Promise<readonly LossCause[]> {
  if (connection === undefined || connection.status === "unconnected") return [];
  if (connection.status === "revoked" || connection.status === "revoking") {
    if (!setting.wasRevoked && !setting.purposes.includes("revoke")) monitor.note("lost", "revoked by nobody");
    return [];
  }
  const tokens = await openStored(connection);
  if (tokens === undefined) {
    monitor.note("lost", `it is ${connection.status} and holds no token set`);
    return [];
  }
  const { refreshToken, previousRefreshToken } = tokens;
  const { server } = world;
  const isUsable = [refreshToken, previousRefreshToken].some(
    (token) => token !== undefined && server.isRedeemable(token, world.now),
  );
  if (isUsable) {
    if (connection.status === "reauthorization_required") monitor.note("condemned though usable", "for good");
    return [];
  }
  const chain = server.chainOf(refreshToken);
  if (chain !== undefined && server.isRevoked(chain)) {
    const cause = "frozen between the clock and the wire";
    if (monitor.wasRevocationLate && world.kind.unpreventable.includes(cause)) return [cause];
    monitor.note("live connection revoked by us", `it is ${connection.status}`);
    return [];
  }
  if (connection.status === "reauthorization_required" && connection.reason !== "lost_rotation") {
    monitor.note("bad answer", `the reason is said to be ${connection.reason}`);
  }
  return explain(world, monitor, chain, connection.status);
}

/** A token that was handed in and spent, and whose successor nobody holds. */
function lossesOfHandedIn(
  world: World,
  monitor: Monitor,
  { purposes, handedIn, wasRevoked }: Setting,
  connection: Connection | undefined,
): readonly LossCause[] {
  const { server } = world;
  // Where somebody else connects the same account, or revokes it for good, what was handed in was replaced on purpose.
  const connecting = purposes.filter((purpose) => purpose === "authorize" || purpose === "import");
  const isUnwanted = connection === undefined || connection.status === "revoked" || connection.status === "revoking";
  if (connecting.length > 1 || (isUnwanted && (wasRevoked || purposes.includes("revoke")))) return [];
  return [...handedIn].flatMap((token) => {
    const chain = server.chainOf(token);
    const mine = monitor.received.filter((one) => one.chain === chain);
    if (mine.length === 0 || mine.some(({ isStored }) => isStored) || server.isRedeemable(token, world.now)) return [];
    return explain(world, monitor, chain, connection?.status ?? "not there");
  });
}

/** Why nobody holds what the server takes. Without a reason that nobody could have prevented it is a fault of the broker. */
function explain(world: World, monitor: Monitor, chain: number | undefined, status: string): readonly LossCause[] {
  const orphan = monitor.received.find((one) => one.chain === chain && !one.isStored && one.cause !== null);
  const cause = orphan?.cause ?? (monitor.familyEndedBy === "nobody knows" ? null : monitor.familyEndedBy);
  if (cause === null) {
    monitor.note("lost", `it is ${status}, and no fault explains it`);
    return [];
  }
  if (!world.kind.unpreventable.includes(cause)) monitor.note("lost", `it is ${status}: ${cause}`);
  return [cause];
}

async function openStored({ id, tokens, committedBy }: Connection): Promise<TokenSet | undefined> {
  if (tokens === null || committedBy === null) return undefined;
  const key = await memoryVault().openKey(id, tokens);
  return openTokenSet(key, tokens, committedBy);
}
