import * as v from "valibot";
import { revoke } from "../shared/broker/revoke.ts";
import { connectionMetadata } from "../shared/runtime/connection-metadata.ts";
import { json } from "../shared/runtime/http-answer.ts";
import { readConnectionId, readQuery } from "../shared/runtime/http-call.ts";
import { apiHandler } from "../shared/runtime/http-handler.ts";
import { brokerPorts, log, measured } from "../shared/runtime/ports.ts";

const query = v.object({ force: v.optional(v.picklist(["true", "false"], "has to be true or false"), "false") });

/** `DELETE /v1/connections/{provider}/{account}`: revokes, here at once and at the provider as soon as it answers. */
export const handler = measured(
  apiHandler(log, async (call) => {
    const ports = brokerPorts();
    const id = readConnectionId(call, ports.providers);
    const force = readQuery(call, query).force === "true";
    const connection = await revoke(ports, id, { force }, call.invocation);
    const upstream = connection.revocation?.upstream ?? null;
    return json(connection.status === "revoked" ? 200 : 202, {
      ...connectionMetadata(connection, ports.settings.publish),
      upstream,
    });
  }),
);
