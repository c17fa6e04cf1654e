import type { FaultAnswers } from "../faults/fault-answer.ts";
import { openProvider, type ProviderOptions, type Route } from "../open-provider.ts";
import type { SandboxProvider } from "../sandbox-provider.ts";
import { originOf } from "./customer.ts";
import { deadKey, msgAnswer, unauthorized } from "./error-answers.ts";
import { defaultItflexSettings, itflexSettingEntries } from "./itflex-settings.ts";
import { type ItflexState, noClient } from "./itflex-state.ts";
import { createItflexTokens } from "./itflex-tokens.ts";
import { apikeysEndpoint, usersEndpoint } from "./resource-endpoints.ts";
import { notFound, tokenEndpoint } from "./token-endpoint.ts";

/**
 * A fake of iTFLEX: token endpoint, users, and the management of integrator keys. Each customer's host is a path here,
 * `/itflex/{customer}`; `/itflex` answers for all of them.
 *
 * @throws where the data directory cannot be written.
 */
export function openItflex(options: ProviderOptions): SandboxProvider {
  return openProvider(
    {
      name: "itflex",
      settingEntries: itflexSettingEntries,
      defaultSettings: defaultItflexSettings(options.tokenSeconds),
      stores(journal) {
        const tokens = createItflexTokens(journal);
        return { tokens, tokenShapes: { refreshToken: tokens.key, code: () => "" } };
      },
      build({ stores, grants, settings }) {
        const state: ItflexState = { grants, tokens: stores.tokens, settings: settings.get, now: options.now };
        return {
          routes: routesOf(state),
          noRoute: notFound,
          faultAnswers: faultAnswersOf(state),
          withoutFaults: ["wrong-client"],
          issuedByHand: {
            clientId: () => noClient,
            details: (account, port) => ({ origin: originOf(account, port) }),
          },
        };
      },
    },
    options,
  );
}

function routesOf(state: ItflexState): readonly Route[] {
  const token = tokenEndpoint(state);
  const apikeys = apikeysEndpoint(state);
  const users = usersEndpoint(state);
  return ["", "/:customer"].flatMap((host): readonly Route[] => [
    { method: "POST", path: `${host}/api/v1/oauth2/token`, endpoint: token },
    { method: "POST", path: `${host}/api/oauth2/token`, endpoint: token },
    { method: "GET", path: `${host}/api/v1/users`, endpoint: users },
    { method: "GET", path: `${host}/api/3rdparty/apikeys`, endpoint: apikeys },
    { method: "GET", path: `${host}/api/3rdparty/apikeys/:id`, endpoint: apikeys },
    { method: "DELETE", path: `${host}/api/3rdparty/apikeys/:id`, endpoint: apikeys },
  ]);
}

function faultAnswersOf(state: ItflexState): FaultAnswers {
  return {
    unavailable: (status, headers) => msgAnswer(status, "Internal server error", headers),
    rateLimited: (_body, _seconds, headers) => msgAnswer(429, "Too many requests", headers),
    unauthorized,
    wrongClient: unauthorized,
    invalidRefreshToken: () => deadKey(state.settings()),
  };
}
