import {
  type AnswerPolicy,
  describeBreakdown,
  describeRefusal,
  type EndpointOptions,
  isSuccess,
} from "./endpoint-failure.ts";
import { readErrorBody } from "./error-body.ts";
import type { RevocationResult } from "./failure.ts";
import { type HttpRequest, type HttpResponse, sendRequest } from "./http.ts";

/**
 * Sends a provider's revocation and reads the answer. Never throws.
 *
 * On a failure the token must be assumed alive and the call repeated later, with two exceptions: class `grant` is the
 * provider's word that the grant was dead already, and `bearerRejected` asks for a refresh first.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7009#section-2.1
 */
export async function requestRevocation(
  policy: AnswerPolicy,
  request: HttpRequest,
  options: EndpointOptions,
): Promise<RevocationResult> {
  const sent = await sendRequest(request, options);
  if (sent.ok) return processRevocationResponse(policy, request, sent.response, options.now());
  if (sent.arrived && isSuccess(sent.arrived)) return { ok: true };
  return { ok: false, bearerRejected: false, failure: describeBreakdown(policy, request, sent, options.now()) };
}

/**
 * Reads a revocation endpoint's answer to `request`. Never throws. Any 2xx that is no HTML page is success and its body means nothing; the
 * RFC answers 200 for a token that is not valid, too.
 *
 * @param now epoch milliseconds
 * @see https://www.rfc-editor.org/rfc/rfc7009#section-2.2
 */
export function processRevocationResponse(
  policy: AnswerPolicy,
  request: HttpRequest,
  response: HttpResponse,
  now: number,
): RevocationResult {
  if (isSuccess(response)) return isPage(response) ? unreadable(policy, response, now) : { ok: true };
  const failure = describeRefusal(policy, request, response, now);
  const bearerRejected = failure.class === "transient" && isBearerRefusal(request, response);
  return { ok: false, bearerRejected, failure };
}

function unreadable(policy: AnswerPolicy, response: HttpResponse, now: number): RevocationResult {
  const { status } = response;
  const retryAfterMilliseconds = policy.retryAfter(response, now);
  const failure = {
    class: "transient",
    unknown: true,
    status,
    reason: "unreadable_answer",
    retryAfterMilliseconds,
  } as const;
  return { ok: false, bearerRejected: false, failure };
}

/** A page with a success status is a gateway's or a captive portal's, and proves nothing about the grant. */
function isPage(response: HttpResponse): boolean {
  return /^text\/html\b/i.test(response.headers["content-type"] ?? "");
}

/**
 * A 401 that the API itself wrote, as a challenge (RFC 6750 §3) or as a JSON error, to a request that carried a bearer.
 * A gateway's error page is neither, and says nothing about the access token.
 */
function isBearerRefusal(request: HttpRequest, response: HttpResponse): boolean {
  if (response.status !== 401 || !/^bearer /i.test(request.headers["authorization"] ?? "")) return false;
  return /^bearer\b/i.test(response.headers["www-authenticate"] ?? "") || readErrorBody(response.body).json;
}
