import type { FaultAnswers } from "../faults/fault-answer.ts";
import { jsonAnswer } from "../http/answer.ts";
import { kongRateLimited } from "../kong/kong-answers.ts";
import { errorAnswer, rdStationErrors } from "./error-answers.ts";
import type { RdStationSettings } from "./rd-station-settings.ts";
import { resourceRefusal } from "./resource-refusal.ts";

/** RD Station's own words for what the fault switches make it say. */
export function rdStationFaultAnswers(settings: () => RdStationSettings): FaultAnswers {
  const refused = (error: Parameters<typeof errorAnswer>[0], extra?: Parameters<typeof errorAnswer>[2]) =>
    errorAnswer(error, settings().envelope, extra);
  return {
    unavailable: (status, headers) => refused(rdStationErrors.unavailable, { status, headers }),
    rateLimited(body, seconds, headers) {
      if (body === "envelope") return refused(rdStationErrors.rateLimit, { headers });
      if (body === "gateway") return jsonAnswer(429, kongRateLimited, headers);
      const error = "'lead_limiter' rate limit exceeded for 86400 second(s) period for key 'lead@example.org'";
      return jsonAnswer(429, { error, max: 24, usage: 25, remaining_time: seconds }, headers);
    },
    unauthorized: (endpoint) =>
      endpoint === "revoke" ? refused(rdStationErrors.invalidToken) : resourceRefusal("garbage", settings()),
    wrongClient: () => refused(rdStationErrors.wrongCredentials),
    invalidRefreshToken: () => refused(rdStationErrors.invalidRefreshToken),
  };
}
