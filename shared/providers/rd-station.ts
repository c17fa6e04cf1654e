import { buildAuthorizationUrl } from "../oauth/authorization-url.ts";
import { formRequest } from "../oauth/form-request.ts";
import type { HttpRequest, HttpResponse } from "../oauth/http.ts";
import { isJsonObject, readJson } from "../oauth/json.ts";
import { capPause, readRetryAfter } from "../oauth/retry-after.ts";
import type { CentralProvider } from "./provider.ts";

const maximumLabel = 200;
const deadGrants = new Set(["INVALID_REFRESH_TOKEN", "EXPIRED_CODE_GRANT"]);

/**
 * RD Station Marketing.
 *
 * @see https://developers.rdstation.com/reference/autenticacao
 */
export const rdStation: CentralProvider = {
  id: "rd-station",
  name: "RD Station Marketing",
  origin: "https://api.rd.services",
  defaultLifeSeconds: 86_400,
  // Refresh tokens do not expire, and nothing says that the old one dies when a new one is issued:
  // https://developers.rdstation.com/reference/obter-tokens-acesso
  rotation: "replayable",

  // No response_type, no scope, no PKCE: https://developers.rdstation.com/reference/gerar-code
  authorizationUrl: ({ origin, clientId, redirectUri, state }) =>
    buildAuthorizationUrl(`${origin}/auth/dialog`, { client_id: clientId, redirect_uri: redirectUri, state }),

  codeRequest: ({ origin, client, code }) =>
    tokenRequest(origin, { client_id: client.clientId, client_secret: client.clientSecret, code }),

  refreshRequest: ({ origin, client, refreshToken }) =>
    tokenRequest(origin, {
      client_id: client.clientId,
      client_secret: client.clientSecret,
      refresh_token: refreshToken,
    }),

  // Every refusal is a 401 here, also that of a dead refresh token and of a wrong client, so the identifier decides and
  // not the status: https://developers.rdstation.com/reference/erros-autenticacao
  // A 401 or 400 without one of these identifiers comes from a gateway, a deployment or a mistake of ours, and must not
  // cost anybody their connection. ACCESS_DENIED is also the answer to an unknown code.
  classify: (status, error) => {
    if (status === 429 || status >= 500 || error.code === undefined) return "transient";
    if (deadGrants.has(error.code)) return "grant";
    return error.code === "ACCESS_DENIED" ? "client" : "transient";
  },

  // Two generations of gateway headers, the second with "-quotas", all in seconds. The reset headers are on every
  // answer and mean a pause only in a 429: https://developers.rdstation.com/reference/limite-de-requisicoes-da-api
  retryAfter: (response, now) =>
    readRetryAfter(response.headers, now, ["retry-after", "retry-after-quotas"]) ??
    (response.status === 429
      ? (readRetryAfter(response.headers, now, ["ratelimit-reset", "ratelimit-reset-quotas"]) ??
        readRemainingTime(response))
      : undefined),

  revocation: {
    needsLiveAccessToken: true,
    // Authorized by a live access token instead of the client's credentials. Revoking either token ends the whole grant.
    // The body is a form; the sample that puts JSON text into a form request is wrong:
    // https://developers.rdstation.com/reference/como-revogar-acesso-de-token
    request: ({ origin, accessToken, refreshToken }) =>
      formRequest(
        `${origin}/auth/revoke`,
        { token: refreshToken, token_type_hint: "refresh_token" },
        { authorization: `Bearer ${accessToken}` },
      ),
  },

  label: {
    request: ({ origin, accessToken }) => ({
      method: "GET",
      url: `${origin}/marketing/account_info`,
      headers: { accept: "application/json", authorization: `Bearer ${accessToken}` },
    }),
    read: (response) => {
      const account = response.status === 200 ? readJson(response.body) : undefined;
      if (!isJsonObject(account) || typeof account["name"] !== "string") return undefined;
      return account["name"].slice(0, maximumLabel).replace(/\p{C}/gu, "").trim() || undefined;
    },
  },
};

/** JSON, without grant_type and redirect_uri: https://developers.rdstation.com/reference/atualizar-access-token */
function tokenRequest(origin: string, parameters: Readonly<Record<string, string>>): HttpRequest {
  return {
    method: "POST",
    url: `${origin}/auth/token`,
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify(parameters),
  };
}

/** `remaining_time`, documented as milliseconds; its own sample (43067 of a window of 86400 seconds) is in seconds. */
function readRemainingTime(response: HttpResponse): number | undefined {
  const body = readJson(response.body);
  const seconds = isJsonObject(body) ? body["remaining_time"] : undefined;
  return typeof seconds === "number" && seconds >= 0 ? capPause(seconds * 1000) : undefined;
}
