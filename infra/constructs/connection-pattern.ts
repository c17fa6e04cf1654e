import { type ProviderName, providerNames } from "./providers.ts";

/** One connection, or with the account `*` all connections of a provider. */
export type ConnectionPattern = { readonly provider: ProviderName; readonly account: string };

/**
 * Reads `rd-station/acme` or `rd-station/*`.
 *
 * @throws Error where it is neither: a pattern in the middle of a name would let in accounts that nobody thought of
 */
export function readConnectionPattern(text: string): ConnectionPattern {
  const [, name, account] = /^([a-z-]+)\/(\*|[A-Za-z0-9][A-Za-z0-9._-]{0,63})$/.exec(text) ?? [];
  const provider = providerNames.find((known) => known === name);
  if (provider === undefined || account === undefined) {
    throw new Error(
      `${text} is no connection. Name one as in "rd-station/acme", or all of a provider as in "rd-station/*"; ` +
        `providers are ${providerNames.join(", ")}.`,
    );
  }
  return { provider, account };
}
