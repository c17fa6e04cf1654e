import type { Context, ScheduledEvent } from "aws-lambda";
import { refreshNow } from "../shared/broker/refresh-now.ts";
import { sweep } from "../shared/broker/sweep.ts";
import { connectionMetadata } from "../shared/runtime/connection-metadata.ts";
import { json } from "../shared/runtime/http-answer.ts";
import { type HttpEvent, readConnectionId } from "../shared/runtime/http-call.ts";
import { apiHandler } from "../shared/runtime/http-handler.ts";
import { brokerPorts, log } from "../shared/runtime/ports.ts";
import { scheduledInvocation } from "../shared/runtime/scheduled-invocation.ts";

/** `POST /v1/connections/{provider}/{account}/refresh`: refreshes now, whatever speaks against it. */
const onDemand = apiHandler(log, async (call) => {
  const ports = brokerPorts();
  const id = readConnectionId(call, ports.providers);
  return json(200, connectionMetadata(await refreshNow(ports, id, call.invocation), ports.settings.publish));
});

/** Every minute: attends to what is due. */
async function onSchedule(context: Context) {
  const result = await sweep(brokerPorts(), scheduledInvocation(context));
  if (result.attended > 0) log().debug("Swept.", { count: result.attended });
  return result;
}

/** One refresher, two doors: the schedule and the HTTP API. */
export const handler = (event: HttpEvent | ScheduledEvent, context: Context) =>
  "requestContext" in event ? onDemand(event, context) : onSchedule(context);
