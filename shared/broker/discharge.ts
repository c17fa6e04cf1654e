import type { TokenSet } from "../oauth/token-set.ts";
import { writeOwn } from "./attempt.ts";
import { raiseGeneration } from "./bookkeeping-writes.ts";
import { type Connection, dueAt, isLeased, type Owed, providerOf } from "./connection.ts";
import { identify } from "./log-fields.ts";
import type { Invocation, Ports } from "./ports.ts";
import { publishedSecret } from "./published-secret.ts";
import { openTokenSet } from "./sealed-token-set.ts";

export type DischargePorts = Pick<
  Ports,
  "connections" | "vault" | "publisher" | "events" | "clock" | "random" | "log" | "metrics"
>;

/** How often a discharge starts again because the connection was written meanwhile. */
const rounds = 3;

/**
 * Does what the writes of a connection have promised: publishes first, then sends events, then strikes both off.
 * What fails stays owed, and the index key brings the next sweep back to it.
 *
 * @param known the connection as read or written a moment ago
 * @param tokens its token set where it is at hand, to save opening it again
 * @returns the connection as it is known now. Never throws for an effect that failed: it is logged and stays owed.
 */
export async function discharge(
  ports: DischargePorts,
  known: Connection,
  invocation: Invocation,
  tokens?: TokenSet,
): Promise<Connection> {
  let connection = known;
  for (let round = 0; round < rounds && Object.keys(connection.owed).length > 0; round++) {
    const opened = connection.committedBy === known.committedBy ? tokens : undefined;
    const published = await publishOwed(ports, connection, invocation, opened);
    const settle = [...published, ...(await sendOwed(ports, connection))];
    if (settle.length === 0) return connection;
    const owed = withoutDebts(connection.owed, settle);
    const after = { ...connection, owed };
    const settled = await ports.connections
      .discharge(connection.id, { sequence: connection.sequence, settle, dueAt: dueAt(after) })
      .catch((error: unknown) =>
        report(ports, connection, "What was owed is done, but could not be struck off.", error),
      );
    if (settled === undefined) return connection;
    if (settled) return after;
    const found = await ports.connections
      .read(connection.id)
      .catch((error: unknown) => report(ports, connection, "What is owed could not be read again.", error));
    if (found === undefined) return connection;
    connection = found;
  }
  return connection;
}

function withoutDebts(owed: Connection["owed"], settle: readonly string[]): Connection["owed"] {
  return Object.fromEntries(Object.entries(owed).filter(([id]) => !settle.includes(id)));
}

function debts<Kind extends Owed["kind"]>(connection: Connection, kind: Kind) {
  return Object.entries(connection.owed).filter(
    (entry): entry is [string, Extract<Owed, { kind: Kind }>] => entry[1].kind === kind,
  );
}

/** @returns the ids of the debts that are discharged by what is published now */
async function publishOwed(
  ports: DischargePorts,
  connection: Connection,
  invocation: Invocation,
  opened: TokenSet | undefined,
): Promise<readonly string[]> {
  const owed = debts(connection, "publish").map(([id]) => id);
  if (owed.length === 0 || connection.secretName === null) return owed;
  try {
    const value = publishedSecret(connection, opened ?? (await readTokens(ports, connection)));
    if (value === undefined) return owed;
    const current = await ports.publisher.publish(connection.secretName, value);
    if (current === connection.generation) ports.metrics.published(providerOf(connection));
    if (current > connection.generation) return await followPublished(ports, connection, current, owed, invocation);
    return owed;
  } catch (error) {
    report(ports, connection, "A secret could not be published. It stays owed.", error);
    return [];
  }
}

async function readTokens(ports: DischargePorts, connection: Connection) {
  const { tokens, committedBy, status } = connection;
  if (tokens === null || committedBy === null || status === "revoking") return undefined;
  const key = await ports.vault.openKey(connection.id, tokens);
  return openTokenSet(key, tokens, committedBy);
}

/**
 * Something newer than what we read is published. Either somebody committed meanwhile, and will publish that; or the
 * table was restored to an earlier time, and its generations have to go on above the published one.
 */
async function followPublished(
  ports: DischargePorts,
  connection: Connection,
  published: number,
  owed: readonly string[],
  invocation: Invocation,
): Promise<readonly string[]> {
  const found = await ports.connections.read(connection.id);
  if (found === undefined || found.generation >= published) return owed;
  if (isLeased(found, ports.clock.now())) return [];
  const author = { by: ports.random.id(), actor: invocation.actor, now: ports.clock.now() };
  await writeOwn(ports.connections, found, raiseGeneration(found, published, author), () => false);
  ports.log.warn("The published secret was newer than the table. Its generation was raised above it.", identify(found));
  return [];
}

/** @returns the ids of the debts whose event the bus has accepted */
async function sendOwed(ports: DischargePorts, connection: Connection): Promise<readonly string[]> {
  const owed = debts(connection, "event");
  if (owed.length === 0) return [];
  try {
    const events = owed.map(([, { event }]) => ({ connection: connection.id, event }));
    const accepted = await ports.events.send(events.sort((left, right) => left.event.sequence - right.event.sequence));
    return owed.filter(([, { event }]) => accepted.has(event.id)).map(([id]) => id);
  } catch (error) {
    report(ports, connection, "Events could not be sent. They stay owed.", error);
    return [];
  }
}

function report(ports: DischargePorts, connection: Connection, message: string, error: unknown): undefined {
  ports.log.error(message, { ...identify(connection), error });
}
