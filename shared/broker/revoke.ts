import { writeOwn } from "./attempt.ts";
import type { Connection } from "./connection.ts";
import { isLeased } from "./connection.ts";
import type { ConnectionId } from "./connection-id.ts";
import { discharge } from "./discharge.ts";
import { BrokerError } from "./error.ts";
import { identify } from "./log-fields.ts";
import type { Invocation } from "./ports.ts";
import type { RefresherPorts } from "./refresh.ts";
import { openGate, type RefreshGate } from "./refresh-gate.ts";
import { attemptRevocation } from "./revocation-attempt.ts";
import { beginRevoking, finishRevoking } from "./revocation-writes.ts";
import { timing } from "./timing.ts";

/** How often the first step is tried while refreshes commit in between. */
const rounds = 5;

/**
 * Revokes a connection: here at once, at the provider as soon as it answers.
 *
 * Three steps, each of which may be the last one that this process lives to see: from the first on nobody is given a
 * token, the second is repeated by the sweep until the provider has answered, the third removes the token set.
 *
 * @param input.force do not wait for the provider: whatever it answers now, the connection is `revoked` afterwards
 * @returns the connection, `revoked` or still `revoking`; `revocation.upstream` says what the provider made of it
 * @throws BrokerError `connection_not_found`; `refresh_in_progress` where the connection never stood still
 */
export async function revoke(
  ports: RefresherPorts,
  id: ConnectionId,
  input: { readonly force: boolean },
  invocation: Invocation,
): Promise<Connection> {
  const connection = await stopReaders(ports, id, invocation);
  if (connection.status === "revoked") return connection;
  const after = await finishUpstream(ports, connection, invocation, timing.wait, true);
  if (after.status !== "revoking" || !input.force) return after;
  return abandon(ports, after, invocation);
}

/** Step one. From here on reads answer 410, and consumers find a tombstone. */
async function stopReaders(ports: RefresherPorts, id: ConnectionId, invocation: Invocation): Promise<Connection> {
  const by = ports.random.id();
  let connection = await ports.connections.read(id);
  for (let round = 0; round < rounds; round++) {
    if (connection?.status === "unconnected" && connection.candidate !== null) {
      // Handed in and not accepted yet: it is taken back, and an attempt on it will find nothing to write to.
      await ports.connections.removeUnconnected(id, connection.sequence);
      connection = await ports.connections.read(id);
      continue;
    }
    if (connection === undefined || connection.status === "unconnected") {
      throw new BrokerError("connection_not_found", `There is no connection ${id}, so there is nothing to revoke.`);
    }
    if (connection.status === "revoking" || connection.status === "revoked") return connection;
    const author = { by, actor: invocation.actor, now: ports.clock.now() };
    const write = beginRevoking(connection, author);
    const result = await writeOwn(ports.connections, connection, write, (found) => found.revocation?.id === by);
    if (result.written) {
      ports.log.info("Revoking.", { ...identify(result.connection), status: "revoking", actor: invocation.actor });
      return discharge(ports, result.connection, invocation);
    }
    connection = result.connection;
  }
  throw new BrokerError("refresh_in_progress", `${id} is being written by others all the time. Ask again.`, {
    retryAfterSeconds: 2,
  });
}

/**
 * Step two and three: makes attempts until the provider has answered, an attempt has to back off, or somebody else holds
 * the lease for longer than we wait.
 *
 * @param insist true for an operator, who does not wait for a backoff or an open breaker to end
 * @param gate shared by all refreshes of one sweep
 */
export async function finishUpstream(
  ports: RefresherPorts,
  known: Connection,
  invocation: Invocation,
  patience: number,
  insist: boolean,
  gate: RefreshGate = openGate(ports, invocation),
): Promise<Connection> {
  const waitUntil = ports.clock.now() + patience;
  let connection = known;
  for (let pause: number = timing.waitFirst; connection.status === "revoking"; ) {
    if (isLeased(connection, ports.clock.now())) {
      if (ports.clock.now() + pause > waitUntil) return connection;
      await ports.clock.sleep(pause);
      pause = Math.min(pause * 2, timing.waitLongest);
    } else {
      const backingOff = connection.retry !== null && connection.retry.at > ports.clock.now();
      if (backingOff && !insist) return connection;
      const result = await attemptRevocation(ports, connection, invocation, gate, insist);
      if (result === "failed") return (await ports.connections.read(connection.id)) ?? connection;
    }
    const found = await ports.connections.read(connection.id);
    if (found === undefined) return connection;
    connection = found;
  }
  return discharge(ports, connection, invocation);
}

/** The operator does not wait any longer: the token set goes, and the provider is not asked again. */
async function abandon(ports: RefresherPorts, connection: Connection, invocation: Invocation): Promise<Connection> {
  const author = { by: ports.random.id(), actor: invocation.actor, now: ports.clock.now() };
  let found = connection;
  for (let round = 0; round < rounds && found.status === "revoking"; round++) {
    const result = await writeOwn(
      ports.connections,
      found,
      finishRevoking(found, "abandoned", author, true),
      () => false,
    );
    if (result.written) {
      ports.log.warn("Revoked without the provider's answer.", {
        ...identify(result.connection),
        actor: invocation.actor,
      });
      return discharge(ports, result.connection, invocation);
    }
    found = result.connection ?? found;
  }
  return found;
}
