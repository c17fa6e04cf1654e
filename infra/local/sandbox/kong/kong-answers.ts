import { type Answer, jsonAnswer } from "../http/answer.ts";

const realm = 'Bearer realm="service"';
const missing = { error_description: "The access token is missing", error: "invalid_request" };
const invalid = { error_description: "The access token is invalid or has expired", error: "invalid_token" };

/** How Kong's oauth2 plugin refuses a call with an access token, or without one (`access.lua`, `do_authentication`). */
export function kongTokenRefusal(verdict: "missing" | "invalid", extra: Answer["headers"] = {}): Answer {
  if (verdict === "missing") return jsonAnswer(401, missing, { ...extra, "www-authenticate": realm });
  // No comma between the parameters: Kong sends none.
  const parameters = `error="${invalid.error}" error_description="${invalid.error_description}"`;
  return jsonAnswer(401, invalid, { ...extra, "www-authenticate": `${realm} ${parameters}` });
}

/** What Kong answers where it has no route. */
export const kongNoRoute: Answer = jsonAnswer(404, { message: "no Route matched with those values" });

/** What Kong's rate limiting answers; its headers are not in it. */
export const kongRateLimited = { message: "API rate limit exceeded" };
