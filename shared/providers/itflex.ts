import { readRetryAfter } from "../oauth/retry-after.ts";
import type { Provider } from "./provider.ts";

/** Where `itflex` finds its token endpoint. The SDK's samples have `/api/oauth2/token`, so it can be another one. */
export const itflexTokenPath = "/api/v1/oauth2/token";

/**
 * iTFLEX, which runs on its customers' own hosts. The refresh token is a key that a person makes there for an integrator
 * and hands over: no authorization page, no client, no revocation endpoint.
 *
 * @see https://developer.itflex.com.br/server/auth/apikey
 */
export const itflex: Provider = itflexAt(itflexTokenPath);

/** @param tokenPath of the token endpoint at every customer's origin, with a leading slash */
export function itflexAt(tokenPath: string): Provider {
  return {
    id: "itflex",
    name: "iTFLEX",
    origin: undefined,
    defaultLifeSeconds: 900,
    // The answer repeats the key that was sent.
    rotation: "replayable",
    isClientless: true,

    refreshRequest: ({ origin, refreshToken }) => ({
      method: "POST",
      url: `${origin}${tokenPath}`,
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify({ grant_type: "refresh_token", refresh_token: refreshToken }),
    }),

    // The answer to a deleted key is not documented; its API says {"msg":…}. What else answers at a customer's own host, a
    // proxy or a login page, says 401 as well, and must not cost anybody their connection: only iTFLEX's own words count, and
    // only when they are repeated.
    refusalsToBelieve: 2,
    classify: (status, { texts }) => {
      const isItsOwn = texts.includes("msg") || texts.includes("error");
      return isItsOwn && (status === 400 || status === 401) ? "grant" : "transient";
    },

    retryAfter: (response, now) => readRetryAfter(response.headers, now),

    endedByHand: "The key still works: delete it among the integrators' keys of the customer's iTFLEX.",
  };
}
