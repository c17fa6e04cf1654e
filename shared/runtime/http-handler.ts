import type { Context } from "aws-lambda";
import type { Log, LogFields } from "../broker/ports.ts";
import { type HttpAnswer, presentable, problem } from "./http-answer.ts";
import { type HttpCall, type HttpEvent, readCall } from "./http-call.ts";
import { errorPage, type Page, renderPage } from "./pages/page.ts";
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

/**
 * A Lambda handler for one of the browser's routes: what the route throws becomes a page. Every page has a reference, and the
 * log has a line with the same one: the authorization's, or else the id of the request, which Lambda's own lines have, too.
 */
export function pageHandler(log: () => Log, route: (call: HttpCall) => Promise<HttpAnswer | Page>): HttpHandler {
  return async (event, context) => {
    const call = readCall(event, context, systemClock.now());
    const own = { reference: context.awsRequestId };
    const answer = await route(call).catch((error: unknown) => errorPage(logged(log, error, own)));
    if (!("key" in answer)) return answer;
    const page = { ...own, ...answer };
    const { reference, connection } = page;
    log().info("A page was shown.", {
      reference,
      outcome: page.key,
      ...(connection === undefined ? {} : { connection }),
    });
    return renderPage(page, call.headers["accept-language"]);
  };
}

function logged(log: () => Log, error: unknown, fields: LogFields = {}) {
  const shown = presentable(error);
  if (shown.code === "internal_error") log().error("A request failed.", { ...fields, code: shown.code, error });
  return shown;
}
