import type { Context } from "aws-lambda";
import type { Log } from "../broker/ports.ts";
import { type HttpAnswer, presentable, problem } from "./http-answer.ts";
import { type HttpCall, type HttpEvent, readCall } from "./http-call.ts";
import { errorPage } from "./page.ts";
import { systemClock } from "./system.ts";

export type HttpHandler = (event: HttpEvent, context: Context) => Promise<HttpAnswer>;

/** A Lambda handler for one of the `/v1` routes: what the route throws becomes a problem document. */
export function apiHandler(log: () => Log, route: (call: HttpCall) => Promise<HttpAnswer>): HttpHandler {
  return (event, context) => answer(log, event, context, route, (error) => problem(presentable(error)));
}

/** A Lambda handler for one of the browser's routes: what the route throws becomes a page. */
export function pageHandler(log: () => Log, route: (call: HttpCall) => Promise<HttpAnswer>): HttpHandler {
  return (event, context) =>
    answer(log, event, context, route, (error, call) => errorPage(presentable(error), call.headers));
}

async function answer(
  log: () => Log,
  event: HttpEvent,
  context: Context,
  route: (call: HttpCall) => Promise<HttpAnswer>,
  describe: (error: unknown, call: HttpCall) => HttpAnswer,
): Promise<HttpAnswer> {
  const call = readCall(event, context, systemClock.now());
  try {
    return await route(call);
  } catch (error) {
    const shown = presentable(error);
    if (shown.code === "internal_error") log().error("A request failed.", { code: shown.code, error });
    return describe(error, call);
  }
}
