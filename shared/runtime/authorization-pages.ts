import type { AuthorizationOutcome, AuthorizationRequest } from "../broker/authorization.ts";
import type { CallbackResult } from "../broker/authorization-outcome.ts";
import type { StartResult } from "../broker/start-authorization.ts";
import type { Provider } from "../providers/provider.ts";
import { writeBinding } from "./binding-cookie.ts";
import { type HttpAnswer, redirect } from "./http-answer.ts";
import type { HttpCall } from "./http-call.ts";
import { page } from "./page.ts";
import type { PageKey } from "./page-texts.ts";

/** How long the page of an authorization under way waits before it asks again. */
const reloadAfter = 2;

/** Answers the opening of a ticket: on to the provider, or a page that says why not. */
export function answerStart(result: StartResult, provider: Provider, publicUrl: string, call: HttpCall): HttpAnswer {
  const common = { provider: provider.name };
  switch (result.kind) {
    case "redirect":
      return redirect(302, result.url, [writeBinding(result.binding, publicUrl)]);
    case "ticket-unknown":
      return page({ ...common, status: 404, key: "ticket_unknown" }, call.headers);
    case "ticket-expired":
      return page({ ...common, status: 410, key: "ticket_expired" }, call.headers);
    case "ticket-spent":
      return page({ ...common, status: 410, key: "ticket_spent", account: result.account }, call.headers);
    case "too-many":
      return page({ ...common, status: 429, key: "too_many", retryAfterSeconds: 600 }, call.headers);
  }
}

/** Answers a callback. What ended is shown under a clean URL, without code and state. */
export function answerCallback(
  result: CallbackResult,
  provider: Provider,
  publicUrl: string,
  call: HttpCall,
): HttpAnswer {
  const common = { provider: provider.name };
  switch (result.kind) {
    case "unknown":
      return page({ ...common, status: 400, key: "state_unknown" }, call.headers);
    case "expired":
      return page({ ...common, status: 410, key: "state_expired" }, call.headers);
    case "other-browser":
      return page({ ...common, status: 403, key: "other_browser" }, call.headers);
    case "under-way":
      return redirect(303, resultUrl(publicUrl, result.request));
    case "ended":
      return redirect(303, returnUrl(result.request) ?? resultUrl(publicUrl, result.request));
  }
}

/** Answers a look at how an authorization ended. */
export function answerResult(result: CallbackResult, provider: Provider, call: HttpCall): HttpAnswer {
  if (result.kind !== "ended" && result.kind !== "under-way") {
    return page({ status: 404, key: "result_unknown", provider: provider.name }, call.headers);
  }
  const { request } = result;
  const common = { status: 200, provider: provider.name, account: request.account, reference: request.reference };
  if (request.outcome === null) return page({ ...common, key: "under_way", reloadAfter }, call.headers);
  const proceedTo = returnUrl(request);
  return page(
    { ...common, key: pageOf(request.outcome), ...(proceedTo === undefined ? {} : { proceedTo }) },
    call.headers,
  );
}

function pageOf(outcome: AuthorizationOutcome): PageKey {
  if (outcome.result !== "failed") return outcome.result;
  return outcome.why === "internal_error" ? "not_completed" : outcome.why;
}

function resultUrl(publicUrl: string, request: AuthorizationRequest): string {
  return `${publicUrl}/auth/${request.provider}/result/${request.reference}`;
}

/** The page of the integrator that asked for the ticket, told which connection this was and how it went. */
function returnUrl(request: AuthorizationRequest): string | undefined {
  if (request.returnTo === null || request.outcome === null) return undefined;
  const url = new URL(request.returnTo);
  url.searchParams.set("connection", `${request.provider}/${request.account}`);
  url.searchParams.set("result", request.outcome.result);
  return url.href;
}

/** True for a request that a browser makes ahead of its user. It must not use anything up. */
export function isPrefetch(call: HttpCall): boolean {
  const purpose = [
    call.headers["sec-purpose"],
    call.headers["purpose"],
    call.headers["x-moz"],
    call.headers["x-purpose"],
  ];
  return purpose.some((value) => value !== undefined && /prefetch|prerender|preview/i.test(value));
}
