import type { Context } from "aws-lambda";
import type { BrokerError } from "../broker/error.ts";
import type { Log, LogFields } from "../broker/ports.ts";
import { type HttpAnswer, presentable, problem } from "./http-answer.ts";
import { type HttpCall, type HttpEvent, readCall } from "./http-call.ts";
import { systemClock } from "./system.ts";

export type HttpHandler = (event: HttpEvent, context: Context) => Promise<HttpAnswer>;

/** A Lambda handler for one of the `/v1` routes: what the route throws becomes a problem document. */
export function apiHandler(log: () => Log, route: (call: HttpCall) => Promise<HttpAnswer>): HttpHandler {
  return async (event, context) => {
    const call = readCall(event, context, systemClock.now());
    try {
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
