import { type Answer, jsonAnswer } from "../http/answer.ts";
import type { Bearer } from "./bearer.ts";
import { errorAnswer, rdStationErrors } from "./error-answers.ts";
import type { RdStationSettings } from "./rd-station-settings.ts";

const legacyRealm = 'Bearer realm="https://api.rd.services/"';
const legacyExpired = `${legacyRealm}, error="expired_token", error_description="The access token expired"`;
const missing = { error_description: "The access token is missing", error: "invalid_request" };
const invalid = { error_description: "The access token is invalid or has expired", error: "invalid_token" };

/**
 * How the API refuses an access token: today's gateway with the texts and header of Kong's oauth2 plugin, the older one
 * as the official Ruby client's `expired_access_token.rb` expects it.
 */
export function resourceRefusal(verdict: Exclude<Bearer["verdict"], "good">, settings: RdStationSettings): Answer {
  const version = { "x-api-version": "2.0" };
  if (settings.resourceUnauthorized === "current") {
    const realm = 'Bearer realm="service"';
    if (verdict === "missing") return jsonAnswer(401, missing, { ...version, "www-authenticate": realm });
    // No comma between the parameters: Kong sends none.
    const parameters = `error="${invalid.error}" error_description="${invalid.error_description}"`;
    return jsonAnswer(401, invalid, { ...version, "www-authenticate": `${realm} ${parameters}` });
  }
  const name = settings.resourceUnauthorized === "legacy" ? "www-authenticate" : "x-amzn-remapped-www-authenticate";
  const headers = { ...version, [name]: verdict === "expired" ? legacyExpired : legacyRealm };
  return errorAnswer(rdStationErrors.invalidToken, settings.envelope, { headers });
}
