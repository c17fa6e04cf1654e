import type { Log } from "../../broker/ports.ts";
import type { HttpAnswer } from "../http-answer.ts";
import { type HttpCall, readCall } from "../http-call.ts";
import { type HttpHandler, logged } from "../http-handler.ts";
import { systemClock } from "../system.ts";
import { errorPage, type Page, renderPage } from "./page.ts";

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
