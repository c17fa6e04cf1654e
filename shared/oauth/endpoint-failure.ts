import { type ErrorBody, readErrorBody } from "./error-body.ts";
import type { Failure, FailureClass } from "./failure.ts";
import type { HttpRequest, HttpResponse, SendFailure, SendOptions } from "./http.ts";

/** How a provider's refusals are to be read. Every `Provider` is one. */
export type AnswerPolicy = {
  readonly classify: (status: number, error: ErrorBody) => FailureClass;
  readonly retryAfter: (response: HttpResponse, now: number) => number | undefined;
};

/** `now`: epoch milliseconds; asked when the answer is there, for a `Retry-After` that is a date. */
export type EndpointOptions = SendOptions & { readonly now: () => number };

const shortestSecret = 16;

/** Whether an answer's status says that the server did what it was asked. */
export function isSuccess(response: HttpResponse): boolean {
  return response.status >= 200 && response.status < 300;
}

/**
 * Describes an answer that is not a 2xx. The caller acts on `class`, and on `unknown` where the class is `transient`.
 *
 * @param now epoch milliseconds
 */
export function describeRefusal(
  policy: AnswerPolicy,
  request: HttpRequest,
  response: HttpResponse,
  now: number,
): Failure {
  const error = readErrorBody(response.body);
  const failureClass = policy.classify(response.status, error);
  const readable = error.code === undefined || isEcho(request, error.code) ? undefined : error.code;
  return {
    class: failureClass,
    unknown: failureClass === "transient" && mayHaveActed(response.status, error),
    status: response.status,
    reason: readable ?? `http_${response.status}`,
    retryAfterMilliseconds: policy.retryAfter(response, now),
  };
}

/**
 * Describes an exchange that ended before a whole answer was there. Always `transient`, unless the part that arrived is
 * a complete JSON refusal: then it is the provider's word like any other.
 *
 * @param now epoch milliseconds
 */
export function describeBreakdown(policy: AnswerPolicy, request: HttpRequest, sent: SendFailure, now: number): Failure {
  const { arrived, reason } = sent;
  const refused = arrived !== undefined && arrived.status >= 400;
  if (refused && readErrorBody(arrived.body).json) return describeRefusal(policy, request, arrived, now);
  return {
    class: "transient",
    unknown: refused ? mayHaveActed(arrived.status, readErrorBody("")) : sent.unknown,
    status: arrived?.status,
    reason,
    retryAfterMilliseconds: arrived === undefined ? undefined : policy.retryAfter(arrived, now),
  };
}

/**
 * A 4xx and a 503 say that nothing was done, and so does a 5xx in which the application itself names an error. Any
 * other 5xx, and every 504, may come from a gateway that gave up on a server that went on.
 */
function mayHaveActed(status: number, error: ErrorBody): boolean {
  if (status < 500 || status === 503) return false;
  return status === 504 || error.code === undefined;
}

/** An identifier long enough to be a secret that is also in the request: the server repeated what we sent. */
function isEcho(request: HttpRequest, code: string): boolean {
  if (code.length < shortestSecret) return false;
  return [request.body ?? "", ...Object.values(request.headers)].some((sent) => sent.includes(code));
}
