import type { Context } from "aws-lambda";
import { refreshNow } from "../shared/broker/refresh-now.ts";
import { sweep } from "../shared/broker/sweep.ts";
import { connectionMetadata } from "../shared/runtime/connection-metadata.ts";
import { json } from "../shared/runtime/http-answer.ts";
import { type HttpEvent, readConnectionId } from "../shared/runtime/http-call.ts";
import { apiHandler } from "../shared/runtime/http-handler.ts";
import { brokerPorts, log, measured, sweepPorts } from "../shared/runtime/ports.ts";
import { readShare } from "../shared/runtime/schedule-share.ts";
import { scheduledInvocation } from "../shared/runtime/scheduled-invocation.ts";

/** `POST /v1/connections/{provider}/{account}/refresh`: refreshes now, whatever speaks against it. */
const onDemand = apiHandler(log, async (call) => {
  const ports = brokerPorts();
  const id = readConnectionId(call, ports.providers);
  return json(200, connectionMetadata(await refreshNow(ports, id, call.invocation), ports.settings.publish));
});

/** Every minute: attends to what is due, all of it or the share that the schedule's input names. */
async function onSchedule(event: unknown, context: Context) {
  const share = readShare(event);
  const result = await sweep(sweepPorts(share), scheduledInvocation(context), share);
  if (result.attended > 0) log().debug("Swept.", { count: result.attended });
  return result;
}

/** One refresher, two doors: the schedule and the HTTP API. */
export const handler = measured(async (event: unknown, context: Context) =>
  isHttpEvent(event) ? onDemand(event, context) : onSchedule(event, context),
);

function isHttpEvent(event: unknown): event is HttpEvent {
  return typeof event === "object" && event !== null && "requestContext" in event;
}
