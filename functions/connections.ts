import * as v from "valibot";
import type { Connection } from "../shared/broker/connection.ts";
import { BrokerError } from "../shared/broker/error.ts";
import { listConnections } from "../shared/broker/list-connections.ts";
import { connectionMetadata } from "../shared/runtime/connection-metadata.ts";
import { json } from "../shared/runtime/http-answer.ts";
import { readConnectionId, readQuery, wholeNumber } from "../shared/runtime/http-call.ts";
import { apiHandler } from "../shared/runtime/http-handler.ts";
import { connectionPorts, log } from "../shared/runtime/ports.ts";

const statuses = ["active", "degraded", "reauthorization_required", "revoking", "revoked"] as const;

const query = v.object({
  provider: v.optional(v.string()),
  status: v.optional(v.picklist(statuses, `has to be one of ${statuses.join(", ")}`)),
  limit: v.optional(wholeNumber(1, 100), "50"),
  cursor: v.optional(v.string()),
});

/** `GET /v1/connections` and `GET /v1/connections/{provider}/{account}`: what is known, and never a token. */
export const handler = apiHandler(log, async (call) => {
  const ports = connectionPorts();
  const describe = (connection: Connection) => connectionMetadata(connection, ports.settings.publish);
  if (call.path["account"] === undefined) {
    const { provider, status, limit, cursor } = readQuery(call, query);
    const page = await listConnections(ports, { provider, status, limit, cursor });
    return json(200, { connections: page.connections.map(describe), next_cursor: page.nextCursor });
  }
  const id = readConnectionId(call, ports.providers);
  const connection = await ports.connections.read(id);
  if (connection === undefined || connection.status === "unconnected") {
    throw new BrokerError("connection_not_found", `There is no connection ${id}. Connect the account first.`);
  }
  return json(200, describe(connection));
});
