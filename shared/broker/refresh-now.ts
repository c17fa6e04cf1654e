import type { Connection } from "./connection.ts";
import type { ConnectionId } from "./connection-id.ts";
import type { Invocation } from "./ports.ts";
import { failedError, refusalError } from "./read-access-token.ts";
import { type RefresherPorts, refresh } from "./refresh.ts";

/**
 * Refreshes because an operator says so: also during a backoff, and once more where the grant is believed dead.
 *
 * @returns the connection with a generation after the one that it had
 * @throws BrokerError `connection_not_found`, `connection_revoked`, `reauthorization_required`, `refresh_in_progress`,
 * `provider_unavailable`, `client_credentials_rejected`
 */
export async function refreshNow(ports: RefresherPorts, id: ConnectionId, invocation: Invocation): Promise<Connection> {
  const connection = await ports.connections.read(id);
  const demand = { kind: "operator", generation: connection?.generation ?? 0 } as const;
  const result = await refresh(ports, id, demand, invocation, connection);
  if (result.kind === "fresh") return result.connection;
  throw result.kind === "failed"
    ? failedError(result.code, result.connection, ports.clock.now())
    : refusalError(id, result.decision, ports.clock.now());
}
