import { type Answer, htmlAnswer, jsonAnswer, redirectAnswer } from "../http/answer.ts";
import type { AnswerFault } from "./fault.ts";

type Of<Kind extends AnswerFault["kind"]> = Extract<AnswerFault, { readonly kind: Kind }>;
type Headers = Answer["headers"];

/** What a provider says itself where a fault makes it refuse. */
export type FaultAnswers = {
  unavailable(status: number, headers: Headers): Answer;
  rateLimited(body: NonNullable<Of<"rate-limit">["body"]>, seconds: number, headers: Headers): Answer;
  unauthorized(endpoint: string): Answer;
  wrongClient(): Answer;
  invalidRefreshToken(): Answer;
};

/** Below a provider's mount point: following a redirected token request there is counted. */
export const redirectedPath = "/redirected";

// The page in RD Station's official Ruby client, error_handler_spec.rb.
const gatewayPage = "<html><body>HTML error response</body></html>";

/** @returns what the provider answers when the fault stands in for the real answer; undefined for a connection reset. */
export function faultAnswer(
  fault: AnswerFault,
  endpoint: string,
  provider: string,
  own: FaultAnswers,
): Answer | undefined {
  switch (fault.kind) {
    case "reset":
      return undefined;
    case "server-error":
      return serverError(fault, own);
    case "rate-limit": {
      const seconds = fault.retryAfter ?? 30;
      return own.rateLimited(fault.body ?? "gateway", seconds, rateLimitHeaders(fault.headers ?? "standard", seconds));
    }
    case "html":
      return htmlAnswer(200, gatewayPage);
    case "empty-object":
      return jsonAnswer(200, {});
    case "redirect":
      return redirectAnswer(fault.status ?? 302, `/${provider}${redirectedPath}`);
    case "unauthorized":
      return own.unauthorized(endpoint);
    case "wrong-client":
      return own.wrongClient();
    case "invalid-refresh-token":
      return own.invalidRefreshToken();
    case "answer":
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? "" };
  }
}

function serverError(fault: Of<"server-error">, own: FaultAnswers): Answer {
  const status = fault.status ?? 500;
  const headers: Headers = fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
  const format = fault.format ?? (status === 500 ? "json" : "html");
  return format === "html" ? htmlAnswer(status, gatewayPage, headers) : own.unavailable(status, headers);
}

/** `quotas`: the names that RD Station's own Kong plugin sent before its version 1.0.1. */
function rateLimitHeaders(names: "standard" | "quotas" | "none", seconds: number): Headers {
  if (names === "none") return {};
  const suffix = names === "quotas" ? "-Quotas" : "";
  return {
    [`Retry-After${suffix}`]: String(seconds),
    [`RateLimit-Limit${suffix}`]: "120",
    [`RateLimit-Remaining${suffix}`]: "0",
    [`RateLimit-Reset${suffix}`]: String(seconds),
  };
}
