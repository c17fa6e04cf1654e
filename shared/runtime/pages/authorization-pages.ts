import type { AuthorizationOutcome, AuthorizationRequest } from "../../broker/authorization.ts";
import type { CallbackResult } from "../../broker/authorization-outcome.ts";
import { connectionId } from "../../broker/connection-id.ts";
import type { StartResult } from "../../broker/start-authorization.ts";
import type { Provider } from "../../providers/provider.ts";
import { writeBinding } from "../binding-cookie.ts";
import { type HttpAnswer, redirect } from "../http-answer.ts";
import type { HttpCall } from "../http-call.ts";
import type { Page } from "./page.ts";
import type { PageKey } from "./texts.ts";

/**
 * Answers the opening of a ticket: on to the provider, or a page that says why not. Whoever holds a ticket could authorize
 * its account, and may know which one that is.
 */
export function answerStart(result: StartResult, provider: Provider, publicUrl: string): HttpAnswer | Page {
  const common = {
    provider: provider.name,
    ...("account" in result ? { connection: connectionId(provider.id, result.account) } : {}),
  };
  switch (result.kind) {
    case "redirect":
      return redirect(302, result.url, [writeBinding(result.binding, publicUrl)]);
    case "ticket-unknown":
      return { ...common, status: 404, key: "ticket_unknown" };
    case "ticket-expired":
      return { ...common, status: 410, key: "ticket_expired" };
    case "ticket-spent":
      return { ...common, status: 410, key: "ticket_spent" };
    case "too-many":
      return { ...common, status: 429, key: "too_many", retryAfterSeconds: 600 };
  }
}

/**
 * Answers a callback. What ended is shown under a clean URL, without code and state. Which account it is about, only the
 * browser that began is told.
 */
export function answerCallback(result: CallbackResult, provider: Provider, publicUrl: string): HttpAnswer | Page {
  const common = { provider: provider.name };
  switch (result.kind) {
    case "unknown":
      return { ...common, status: 400, key: "state_unknown" };
    case "expired":
      return { ...common, status: 410, key: "state_expired", ...identify(result.request) };
    case "other-browser":
      return { ...common, status: 403, key: "other_browser" };
    case "under-way":
      return redirect(303, resultUrl(publicUrl, result.request));
    case "ended":
      return redirect(303, returnUrl(result.request) ?? resultUrl(publicUrl, result.request));
  }
}

/** Answers a look at how an authorization ended. */
export function answerResult(result: CallbackResult, provider: Provider, publicUrl: string): Page {
  if (result.kind !== "ended" && result.kind !== "under-way") {
    return { status: 404, key: "result_unknown", provider: provider.name };
  }
  const { request } = result;
  const { outcome } = request;
  const common = { status: 200, provider: provider.name, ...identify(request) };
  if (outcome === null) return { ...common, key: "under_way", proceedTo: resultUrl(publicUrl, request) };
  const proceedTo = returnUrl(request);
  return {
    ...common,
    key: pageOf(outcome),
    ...(outcome.result === "authorized" ? { label: outcome.label } : {}),
    ...(proceedTo === undefined ? {} : { proceedTo }),
  };
}

function identify({ provider, account, reference }: AuthorizationRequest): Pick<Page, "connection" | "reference"> {
  return { connection: connectionId(provider, account), reference };
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
