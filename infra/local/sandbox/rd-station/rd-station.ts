import { addAuthorizationControl } from "../authorization/authorization-control.ts";
import { usualTokenShapes } from "../grants/grant-book.ts";
import { kongNoRoute } from "../kong/kong-answers.ts";
import { openProvider, type ProviderOptions, type Route } from "../open-provider.ts";
import type { SandboxProvider } from "../sandbox-provider.ts";
import { createClientRegistration } from "../state/registered-client.ts";
import { createAccessTokens } from "./access-token.ts";
import { dialogPath, rdStationDialog } from "./rd-station-dialog.ts";
import { rdStationFaultAnswers } from "./rd-station-fault-answers.ts";
import { defaultRdStationSettings, rdStationSettingEntries } from "./rd-station-settings.ts";
import type { RdStationState } from "./rd-station-state.ts";
import { accountInfoEndpoint, contactsEndpoint } from "./resource-endpoints.ts";
import { revokeEndpoint } from "./revoke-endpoint.ts";
import { tokenEndpoint } from "./token-endpoint.ts";

const appName = "Chaveiro";

export type RdStationOptions = ProviderOptions & {
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  readonly redirectUris: readonly string[];
};

/**
 * A fake of RD Station Marketing: dialog, token endpoint, revocation, account and contacts.
 *
 * @throws where the data directory cannot be written.
 */
export function openRdStation(options: RdStationOptions): SandboxProvider {
  return openProvider(
    {
      name: "rd-station",
      settingEntries: rdStationSettingEntries,
      defaultSettings: defaultRdStationSettings(options.tokenSeconds),
      stores: (journal) => ({
        tokenShapes: usualTokenShapes,
        client: createClientRegistration(journal, { ...options.client, redirectUris: options.redirectUris }),
        accessTokens: createAccessTokens(journal, appName),
      }),
      build({ stores: { client, accessTokens }, grants, settings }) {
        const state: RdStationState = {
          client,
          accessTokens,
          grants,
          appName,
          settings: settings.get,
          now: options.now,
        };
        return {
          routes: routesOf(state),
          noRoute: kongNoRoute,
          faultAnswers: rdStationFaultAnswers(settings.get),
          issuedByHand: { clientId: () => state.client.get().clientId },
          dialogPath,
          opened: state.accessTokens.prepareKey,
          forgetSettings: state.client.forget,
          addControl: (routes) => addAuthorizationControl(routes, state),
        };
      },
    },
    options,
  );
}

function routesOf(state: RdStationState): readonly Route[] {
  const dialog = rdStationDialog(state);
  const contacts = contactsEndpoint(state);
  return [
    { method: "GET", path: dialogPath, endpoint: dialog },
    { method: "POST", path: dialogPath, endpoint: dialog },
    { method: "POST", path: "/auth/token", endpoint: tokenEndpoint(state) },
    { method: "POST", path: "/auth/revoke", endpoint: revokeEndpoint(state) },
    { method: "GET", path: "/marketing/account_info", endpoint: accountInfoEndpoint(state) },
    { method: "GET", path: "/platform/contacts", endpoint: contacts },
    { method: "GET", path: "/platform/contacts/:identifier", endpoint: contacts },
  ];
}
