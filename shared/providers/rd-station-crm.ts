import { codeAuthorizationUrl } from "../oauth/authorization-url.ts";
import { classifyRefusal } from "../oauth/classify-refusal.ts";
import { clientSecretPost } from "../oauth/client-authentication.ts";
import { codeTokenRequest, refreshTokenRequest } from "../oauth/token-request.ts";
import type { CentralProvider } from "./provider.ts";
import { rdStation } from "./rd-station.ts";

const origin = "https://api.rd.services";

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

    // On a host of its own. An API elsewhere than at RD Station, such as the sandbox, has its page beside it. Nothing is said
    // of scopes or PKCE.
    authorizationUrl: ({ origin: at, clientId, redirectUri, state }) =>
      codeAuthorizationUrl(
        authorizationPage ?? `${at === origin ? "https://accounts.rdstation.com" : at}/oauth/authorize`,
        { clientId, redirectUri, state },
      ),

    // A form with the client's credentials in it: https://developers.rdstation.com/reference/crm-v2-authentication-step-3
    codeRequest: ({ origin: at, client, code, redirectUri }) =>
      codeTokenRequest(tokenEndpoint(at), clientSecretPost(client), { code, redirectUri }),

    refreshRequest: ({ origin: at, client, refreshToken }) =>
      refreshTokenRequest(tokenEndpoint(at), clientSecretPost(client), refreshToken),

    // A dead grant is `invalid_request` here, told from a request that is malformed by its text alone. `invalid_grant` is what
    // RFC 6749 §5.2 would have it say.
    classify: (status, error) => {
      const isDead = error.code === "invalid_request" && deadGrants.has(error.message?.trim() ?? "");
      return classifyRefusal(status, isDead ? { code: "invalid_grant" } : error);
    },

    retryAfter: rdStation.retryAfter,

    endedByHand: "The account's owner can remove the app in RD Station CRM.",
  };
}

function tokenEndpoint(at: string): string {
  return `${at}/oauth2/token`;
}
