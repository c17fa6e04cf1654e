import type { Context } from "aws-lambda";
import { BrokerError } from "../broker/error.ts";
import type { Log, LogFields } from "../broker/ports.ts";
import { type HttpAnswer, presentable, problem } from "./http-answer.ts";
import { type HttpCall, type HttpEvent, nobody, readCall } from "./http-call.ts";
import { systemClock } from "./system.ts";

export type HttpHandler = (event: HttpEvent, context: Context) => Promise<HttpAnswer>;

/**
 * A Lambda handler for one of the `/v1` routes: what the route throws becomes a problem document. Who may call is for IAM to
 * say, but a call that nobody has authenticated is refused here, however it came.
 */
export function apiHandler(log: () => Log, route: (call: HttpCall) => Promise<HttpAnswer>): HttpHandler {
  return async (event, context) => {
    const call = readCall(event, context, systemClock.now());
    try {
      if (call.invocation.actor === nobody) throw new BrokerError("forbidden", "Sign the request with SigV4.");
      return await route(call);
    } catch (error) {
      return problem(logged(log, error));
    }
  };
}

/** What may be shown of what a route threw. What is not the caller's doing is logged, with these fields. */
export function logged(log: () => Log, error: unknown, fields: LogFields = {}): BrokerError {
  const shown = presentable(error);
  if (shown.code === "internal_error") log().error("A request failed.", { ...fields, code: shown.code, error });
  return shown;
}
