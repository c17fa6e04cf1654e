import type { AnswerFault } from "../faults/fault.ts";
import { type Answer, htmlAnswer, jsonAnswer, redirectAnswer } from "../http/answer.ts";
import { errorAnswer, rdStationErrors } from "./error-answers.ts";
import type { RdStationSettings } from "./rd-station-settings.ts";
import { resourceRefusal } from "./resource-refusal.ts";

/** Where a redirected token request would land: following it there is counted. */
export const redirectTarget = "/rd-station/redirected";

// The page in the official Ruby client's error_handler_spec.rb.
const gatewayPage = "<html><body>HTML error response</body></html>";

/** @returns what RD Station answers when the fault stands in for the real answer; undefined for a connection reset. */
export function rdStationFaultAnswer(
  fault: AnswerFault,
  endpoint: string,
  settings: RdStationSettings,
): Answer | undefined {
  const { envelope } = settings;
  switch (fault.kind) {
    case "reset":
      return undefined;
    case "server-error":
      return serverError(fault, envelope);
    case "rate-limit":
      return rateLimit(fault, envelope);
    case "html":
      return htmlAnswer(200, gatewayPage);
    case "empty-object":
      return jsonAnswer(200, {});
    case "redirect":
      return redirectAnswer(fault.status ?? 302, redirectTarget);
    case "unauthorized":
      return endpoint === "revoke"
        ? errorAnswer(rdStationErrors.invalidToken, envelope)
        : resourceRefusal("garbage", settings);
    case "wrong-client":
      return errorAnswer(rdStationErrors.wrongCredentials, envelope);
    case "invalid-refresh-token":
      return errorAnswer(rdStationErrors.invalidRefreshToken, envelope);
    case "answer":
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? "" };
  }
}

type Of<Kind extends AnswerFault["kind"]> = Extract<AnswerFault, { readonly kind: Kind }>;

function serverError(fault: Of<"server-error">, envelope: RdStationSettings["envelope"]): Answer {
  const status = fault.status ?? 500;
  const headers: Answer["headers"] = fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
  const format = fault.format ?? (status === 500 ? "json" : "html");
  if (format === "html") return htmlAnswer(status, gatewayPage, headers);
  return errorAnswer(rdStationErrors.unavailable, envelope, { status, headers });
}

function rateLimit(fault: Of<"rate-limit">, envelope: RdStationSettings["envelope"]): Answer {
  const seconds = fault.retryAfter ?? 30;
  const headers = rateLimitHeaders(fault.headers ?? "standard", seconds);
  if (fault.body === "envelope") return errorAnswer(rdStationErrors.rateLimit, envelope, { headers });
  if (fault.body !== "application") return jsonAnswer(429, { message: "API rate limit exceeded" }, headers);
  const error = "'lead_limiter' rate limit exceeded for 86400 second(s) period for key 'lead@example.org'";
  return jsonAnswer(429, { error, max: 24, usage: 25, remaining_time: seconds }, headers);
}

/** `quotas`: the names that RD Station's own Kong plugin sent before its version 1.0.1. */
function rateLimitHeaders(names: "standard" | "quotas" | "none", seconds: number): Answer["headers"] {
  if (names === "none") return {};
  const suffix = names === "quotas" ? "-Quotas" : "";
  return {
    [`Retry-After${suffix}`]: String(seconds),
    [`RateLimit-Limit${suffix}`]: "120",
    [`RateLimit-Remaining${suffix}`]: "0",
    [`RateLimit-Reset${suffix}`]: String(seconds),
  };
}
