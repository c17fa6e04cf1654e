import type { Answer } from "../http/answer.ts";
import { kongTokenRefusal } from "../kong/kong-answers.ts";
import type { Bearer } from "./bearer.ts";
import { errorAnswer, rdStationErrors } from "./error-answers.ts";
import type { RdStationSettings } from "./rd-station-settings.ts";

const legacyRealm = 'Bearer realm="https://api.rd.services/"';
const legacyExpired = `${legacyRealm}, error="expired_token", error_description="The access token expired"`;

/**
 * How the API refuses an access token: today's gateway with the texts and header of Kong's oauth2 plugin, the older one
 * as the official Ruby client's `expired_access_token.rb` expects it.
 */
export function resourceRefusal(verdict: Exclude<Bearer["verdict"], "good">, settings: RdStationSettings): Answer {
  const version = { "x-api-version": "2.0" };
  if (settings.resourceUnauthorized === "current") {
    return kongTokenRefusal(verdict === "missing" ? "missing" : "invalid", version);
  }
  const name = settings.resourceUnauthorized === "legacy" ? "www-authenticate" : "x-amzn-remapped-www-authenticate";
  const headers = { ...version, [name]: verdict === "expired" ? legacyExpired : legacyRealm };
  return errorAnswer(rdStationErrors.invalidToken, settings.envelope, { headers });
}
