import { addAuthorizationControl } from "../authorization/authorization-control.ts";
import type { FaultAnswers } from "../faults/fault-answer.ts";
import { jsonAnswer } from "../http/answer.ts";
import { kongNoRoute, kongRateLimited } from "../kong/kong-answers.ts";
import { openProvider, type ProviderOptions, type Route } from "../open-provider.ts";
import type { SandboxProvider } from "../sandbox-provider.ts";
import { createClientRegistration } from "../state/registered-client.ts";
import { createAccessTokenBook } from "./access-token-book.ts";
import { contactsEndpoint } from "./contacts-endpoint.ts";
import { crmDialog, dialogPath } from "./crm-dialog.ts";
import { crmSettingEntries, defaultCrmSettings } from "./crm-settings.ts";
import type { CrmState } from "./crm-state.ts";
import { apiError, deadGrant, tokenRefusal, wrongClient } from "./error-answers.ts";
import { randomString } from "./random-string.ts";
import { tokenEndpoint } from "./token-endpoint.ts";

export type RdStationCrmOptions = ProviderOptions & {
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  readonly redirectUris: readonly string[];
};

/**
 * A fake of RD Station CRM v2: dialog, token endpoint with rolling refresh tokens, and contacts. It has no revocation,
 * because none is documented.
 *
 * @throws where the data directory cannot be written.
 */
export function openRdStationCrm(options: RdStationCrmOptions): SandboxProvider {
  return openProvider(
    {
      name: "rd-station-crm",
      settingEntries: crmSettingEntries,
      defaultSettings: defaultCrmSettings(options.tokenSeconds),
      stores: (journal) => ({
        tokenShapes: { refreshToken: randomString, code: randomString },
        client: createClientRegistration(journal, { ...options.client, redirectUris: options.redirectUris }),
        accessTokens: createAccessTokenBook(journal),
      }),
      build({ stores, grants, settings }) {
        const { client, accessTokens } = stores;
        const { now } = options;
        const state: CrmState = { grants, client, accessTokens, appName: "Chaveiro", settings: settings.get, now };
        return {
          routes: routesOf(state),
          noRoute: kongNoRoute,
          faultAnswers: faultAnswersOf(state),
          issuedByHand: { clientId: () => client.get().clientId },
          idleSeconds: () => settings.get().refreshTokenSeconds,
          dialogPath,
          forgetSettings: client.forget,
          forgetGrants: accessTokens.clear,
          addControl: (routes) => addAuthorizationControl(routes, state),
        };
      },
    },
    options,
  );
}

function routesOf(state: CrmState): readonly Route[] {
  const dialog = crmDialog(state);
  const contacts = contactsEndpoint(state);
  return [
    { method: "GET", path: dialogPath, endpoint: dialog },
    { method: "POST", path: dialogPath, endpoint: dialog },
    { method: "POST", path: "/oauth2/token", endpoint: tokenEndpoint(state) },
    { method: "GET", path: "/crm/v2/contacts", endpoint: contacts },
    { method: "GET", path: "/crm/v2/contacts/:id", endpoint: contacts },
  ];
}

function faultAnswersOf(state: CrmState): FaultAnswers {
  return {
    unavailable: (status, headers) => jsonAnswer(status, { message: "An unexpected error occurred" }, headers),
    rateLimited: (body, _seconds, headers) =>
      body === "gateway"
        ? jsonAnswer(429, kongRateLimited, headers)
        : apiError(429, "RATE_LIMIT_EXCEEDED", "API usage limit exceeded", headers),
    unauthorized: () => tokenRefusal("invalid", state.settings()),
    wrongClient: () => wrongClient(false),
    invalidRefreshToken: () => deadGrant("refresh_token", state.settings()),
  };
}
