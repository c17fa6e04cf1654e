import * as v from "valibot";
import { readAccessToken } from "../shared/broker/read-access-token.ts";
import { json } from "../shared/runtime/http-answer.ts";
import { readConnectionId, readQuery, wholeNumber } from "../shared/runtime/http-call.ts";
import { apiHandler } from "../shared/runtime/http-handler.ts";
import { brokerPorts, log, measured } from "../shared/runtime/ports.ts";

const query = v.object({
  minimum_seconds: v.optional(wholeNumber(0, 999_999_999)),
  rejected: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[0-9a-f]{16}$/i, "has to be the first 16 hex digits of the token's SHA-256"),
      v.toLowerCase(),
    ),
  ),
});

/** `GET /v1/connections/{provider}/{account}/access-token`: the current access token, refreshed where needed. */
export const handler = measured(
  apiHandler(log, async (call) => {
    const ports = brokerPorts();
    const id = readConnectionId(call, ports.providers);
    const { minimum_seconds: minimumSeconds, rejected } = readQuery(call, query);
    return json(200, await readAccessToken(ports, id, { minimumSeconds, rejected }, call.invocation));
  }),
);
