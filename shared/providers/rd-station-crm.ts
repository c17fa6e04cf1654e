import { buildAuthorizationUrl } from "../oauth/authorization-url.ts";
import type { HttpRequest } from "../oauth/http.ts";
import type { CentralProvider } from "./provider.ts";
import { rdStation } from "./rd-station.ts";

const origin = "https://api.rd.services";

const refused = new Set([400, 401]);

/** What the gateway says beside `invalid_request` where the refresh token or the code is the reason. */
const deadGrants = new Set(["Invalid refresh_token", "Invalid code"]);

/**
 * RD Station CRM, version 2 of its API: another protocol than RD Station Marketing's, behind the same gateway. Its numbers,
 * tokens and texts are those of Kong's OAuth 2.0 plugin.
 *
 * @see https://developers.rdstation.com/reference/crm-v2-authentication
 */
export const rdStationCrm: CentralProvider = rdStationCrmAt(undefined);

/**
 * @param authorizationPage where accounts are authorized, if not where the provider's current documentation says. Its pages
 * name three: https://accounts.rdstation.com/oauth/authorize, the same at accounts.rdstation.com.br, and
 * https://api.rd.services/oauth2/authorize.
 */
export function rdStationCrmAt(authorizationPage: string | undefined): CentralProvider {
  return {
    id: "rd-station-crm",
    name: "RD Station CRM",
    origin,
    defaultLifeSeconds: 7_200,
    // "O antigo já não funciona mais": https://developers.rdstation.com/reference/crm-v2-authentication-step-4
    // The refresh token dies after 14 days in which it is not used. Refreshing ahead uses it every hour and a half, also where
    // nobody reads, and no backoff is longer than an hour.
    // The gateway deletes the access token as well when its refresh token is redeemed: a consumer that holds the published one
    // can see a 401 in the moment before the next is published, and reads again.
    rotation: "single-use",

    // On a host of its own. An API elsewhere than at RD Station, such as the sandbox, has its page beside it.
    authorizationUrl: ({ origin: at, clientId, redirectUri, state }) =>
      buildAuthorizationUrl(
        authorizationPage ?? `${at === origin ? "https://accounts.rdstation.com" : at}/oauth/authorize`,
        { response_type: "code", client_id: clientId, redirect_uri: redirectUri, state },
      ),

    codeRequest: ({ origin: at, client, code, redirectUri }) =>
      tokenRequest(at, {
        grant_type: "authorization_code",
        client_id: client.clientId,
        client_secret: client.clientSecret,
        code,
        redirect_uri: redirectUri,
      }),

    refreshRequest: ({ origin: at, client, refreshToken }) =>
      tokenRequest(at, {
        grant_type: "refresh_token",
        client_id: client.clientId,
        client_secret: client.clientSecret,
        refresh_token: refreshToken,
      }),

    // A dead grant is `invalid_request` here, told from a request that is malformed by its text alone. `invalid_grant` is what
    // RFC 6749 §5.2 would have it say.
    classify: (status, { code, message }) => {
      if (!refused.has(status)) return "transient";
      if (code === "invalid_client") return "client";
      const isDead = code === "invalid_request" && message !== undefined && deadGrants.has(message.trim());
      return isDead || code === "invalid_grant" ? "grant" : "transient";
    },

    retryAfter: rdStation.retryAfter,

    endedByHand: "The account's owner can remove the app in RD Station CRM.",
  };
}

/** A form with the client's credentials in it: https://developers.rdstation.com/reference/crm-v2-authentication-step-3 */
function tokenRequest(at: string, parameters: Readonly<Record<string, string>>): HttpRequest {
  return {
    method: "POST",
    url: `${at}/oauth2/token`,
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(parameters).toString(),
  };
}
