import {
  type AnswerPolicy,
  describeBreakdown,
  describeRefusal,
  type EndpointOptions,
  isSuccess,
} from "./endpoint-failure.ts";
import type { TokenResult } from "./failure.ts";
import { type HttpRequest, type HttpResponse, sendRequest } from "./http.ts";
import { readTokenGrant } from "./token-grant.ts";

/**
 * Sends a provider's code exchange or refresh, once, and reads the answer. Never throws.
 *
 * The caller commits whatever `grant` holds before it looks at anything else, and counts `lifeSeconds` from the moment
 * it called. On a failure: `grant` needs a person, `client` is about our registration and touches no connection,
 * `transient` is repeated later, and with `unknown` the refresh token or code may be spent.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export async function requestToken(
  policy: AnswerPolicy,
  request: HttpRequest,
  options: EndpointOptions,
): Promise<TokenResult> {
  const sent = await sendRequest(request, options);
  if (sent.ok) return processTokenResponse(policy, request, sent.response, options.now());
  // A connection that broke after the closing brace has delivered its tokens, and they may be the only copy there is.
  const grant = sent.arrived && isSuccess(sent.arrived) ? readTokenGrant(sent.arrived.body) : undefined;
  if (grant !== undefined) return { ok: true, grant };
  return { ok: false, failure: describeBreakdown(policy, request, sent, options.now()) };
}

/**
 * Reads a token endpoint's answer to `request`. Never throws. A 2xx that carries neither token is `transient` and
 * `unknown`: whatever it is, the tokens may have been issued behind it.
 *
 * @param now epoch milliseconds
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5
 */
export function processTokenResponse(
  policy: AnswerPolicy,
  request: HttpRequest,
  response: HttpResponse,
  now: number,
): TokenResult {
  if (!isSuccess(response)) return { ok: false, failure: describeRefusal(policy, request, response, now) };
  const grant = readTokenGrant(response.body);
  if (grant !== undefined) return { ok: true, grant };
  return {
    ok: false,
    failure: {
      class: "transient",
      unknown: true,
      status: response.status,
      reason: "unreadable_answer",
      retryAfterMilliseconds: policy.retryAfter(response, now),
    },
  };
}
