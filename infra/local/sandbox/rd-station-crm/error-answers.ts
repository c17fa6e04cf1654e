import { type Answer, jsonAnswer } from "../http/answer.ts";
import { kongTokenRefusal } from "../kong/kong-answers.ts";
import type { CrmSettings } from "./crm-settings.ts";

/** On every answer of the token endpoint. */
export const notStored: Answer["headers"] = { "cache-control": "no-store", pragma: "no-cache" };

/** An error as Kong's oauth2 plugin words it (`access.lua`). */
export function oauthError(
  status: number,
  error: string,
  description: string,
  headers: Answer["headers"] = {},
): Answer {
  return jsonAnswer(status, { error, error_description: description }, { ...notStored, ...headers });
}

/** @returns the refusal of our credentials. `basic`: whether they came in an `Authorization: Basic` header. */
export function wrongClient(basic: boolean): Answer {
  const headers: Answer["headers"] = basic ? { "www-authenticate": 'Basic realm="OAuth2.0"' } : {};
  return oauthError(basic ? 401 : 400, "invalid_client", "Invalid client authentication", headers);
}

/** @returns the refusal of a code or refresh token that is unknown, spent or too old: all of them look alike. */
export function deadGrant(name: "code" | "refresh_token", settings: CrmSettings): Answer {
  return oauthError(settings.deadStatus, settings.deadError, `Invalid ${name}`);
}

export const wrongRedirectUri = oauthError(
  400,
  "invalid_request",
  "Invalid redirect_uri that does not match with any redirect_uri created with the application",
);

/** An error in the API's own form. */
export function apiError(status: number, code: string, message: string, headers: Answer["headers"] = {}): Answer {
  return jsonAnswer(status, { errors: [{ code, message }] }, headers);
}

/** @returns how the API refuses an access token. */
export function tokenRefusal(verdict: "missing" | "invalid", settings: CrmSettings): Answer {
  return settings.resourceUnauthorized === "gateway"
    ? kongTokenRefusal(verdict)
    : apiError(401, "UNAUTHORIZED", "Invalid token.");
}
