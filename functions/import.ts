import * as v from "valibot";
import { importConnection } from "../shared/broker/import-connection.ts";
import { connectionMetadata } from "../shared/runtime/connection-metadata.ts";
import { json } from "../shared/runtime/http-answer.ts";
import { readBody, readConnectionId } from "../shared/runtime/http-call.ts";
import { apiHandler } from "../shared/runtime/http-handler.ts";
import { importPorts, log, measured } from "../shared/runtime/ports.ts";

const body = v.strictObject({ refresh_token: v.string(), origin: v.optional(v.string()) });

/** `PUT /v1/connections/{provider}/{account}`: connects an account from a refresh token that the caller holds. */
export const handler = measured(
  apiHandler(log, async (call) => {
    const ports = importPorts();
    const id = readConnectionId(call, ports.providers);
    const { refresh_token: refreshToken, origin } = readBody(call, body);
    const { connection, created } = await importConnection(ports, id, { refreshToken, origin }, call.invocation);
    return json(created ? 201 : 200, connectionMetadata(connection, ports.settings.publish));
  }),
);
