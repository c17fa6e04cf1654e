import { begin } from "./attempt-writes.ts";
import type { Attempt, Candidate, Connection } from "./connection.ts";
import type { Author } from "./connection-change.ts";
import { type ConnectionStore, type ConnectionWrite, WriteConflict } from "./connection-store.ts";
import type { Invocation, Ports } from "./ports.ts";
import { timing } from "./timing.ts";

export type WriteResult =
  | { readonly written: true; readonly connection: Connection }
  | { readonly written: false; readonly connection: Connection | undefined };

/**
 * Runs a conditional write and recognises it when only its reply was lost: a failed condition is followed by one
 * consistent read, and only somebody else's id there is a lost race.
 *
 * @param isOwn finds the writer's own id in the item
 */
export async function writeOwn(
  store: ConnectionStore,
  connection: Connection,
  write: ConnectionWrite,
  isOwn: (found: Connection) => boolean,
): Promise<WriteResult> {
  try {
    return { written: true, connection: await store.write(connection.id, write) };
  } catch (error) {
    if (!(error instanceof WriteConflict)) throw error;
    const found = await store.read(connection.id);
    if (found !== undefined && isOwn(found)) return { written: true, connection: found };
    return { written: false, connection: found };
  }
}

/**
 * Takes the lease for one attempt.
 *
 * @param known the connection as the decision saw it
 * @returns the connection with the attempt in it and who is to sign its writes, or undefined where somebody was faster
 */
export async function beginAttempt(
  ports: Pick<Ports, "connections" | "clock" | "random">,
  known: Connection,
  kind: Attempt["kind"],
  invocation: Invocation,
  candidate?: Candidate,
): Promise<{ readonly connection: Connection; readonly author: Author } | undefined> {
  const author: Author = { by: ports.random.id(), actor: invocation.actor, now: ports.clock.now() };
  const write = begin(known, kind, author, candidate);
  const result = await writeOwn(ports.connections, known, write, (found) => found.attempt?.id === author.by);
  return result.written ? { connection: result.connection, author } : undefined;
}

/** True while an attempt can still begin and end before its invocation is cut off. */
export function hasTimeForAttempt(ports: Pick<Ports, "clock">, invocation: Invocation): boolean {
  return invocation.endsAt - ports.clock.now() >= timing.attempt;
}

/**
 * Writes how an attempt ended, if it is still the current one. Where it is not, somebody else has taken over and knows
 * better: nothing is written and nothing said.
 *
 * @returns the connection after the write; undefined where nothing was written
 */
export async function endAttempt(
  ports: Pick<Ports, "connections">,
  connection: Connection,
  write: ConnectionWrite,
): Promise<Connection | undefined> {
  const result = await writeOwn(ports.connections, connection, write, () => false);
  return result.written ? result.connection : undefined;
}

/** The author of a later write of the same attempt. */
export function later(ports: Pick<Ports, "clock">, author: Author): Author {
  return { ...author, now: ports.clock.now() };
}
