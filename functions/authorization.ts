import * as v from "valibot";
import { createTicket } from "../shared/broker/create-ticket.ts";
import { isoTime } from "../shared/runtime/connection-metadata.ts";
import { json } from "../shared/runtime/http-answer.ts";
import { readBody, readConnectionId } from "../shared/runtime/http-call.ts";
import { apiHandler } from "../shared/runtime/http-handler.ts";
import { log, ticketPorts } from "../shared/runtime/ports.ts";

const body = v.strictObject({
  return_to: v.optional(v.string()),
  expires_in_seconds: v.optional(v.number()),
  allow_other_account: v.optional(v.boolean(), false),
});

/** `POST /v1/connections/{provider}/{account}/authorization`: a URL by which the account's owner connects it. */
export const handler = apiHandler(log, async (call) => {
  const ports = ticketPorts();
  const id = readConnectionId(call, ports.providers);
  const request = readBody(call, body);
  const ticket = await createTicket(ports, id, {
    returnTo: request.return_to,
    expiresInSeconds: request.expires_in_seconds,
    allowOtherAccount: request.allow_other_account,
  });
  ports.log.info("A ticket was issued.", { connection: id, actor: call.invocation.actor });
  return json(201, { authorization_url: ticket.authorizationUrl, expires_at: isoTime(ticket.expiresAt) });
});
