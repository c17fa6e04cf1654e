import type { Provider } from "../providers/provider.ts";
import { BrokerError } from "./error.ts";

/**
 * Where a provider's API is for all its connections. Whoever authorizes in a browser does so at such a provider.
 *
 * @throws BrokerError `internal_error` where every connection has an origin of its own
 */
export function requireOrigin(provider: Provider): string {
  if (provider.origin !== undefined) return provider.origin;
  throw new BrokerError("internal_error", `${provider.name} is on its customers' hosts, and none is named.`);
}

/**
 * Looks a provider up by its id.
 *
 * @throws BrokerError `provider_unknown`; show it to the caller
 */
export function requireProvider(providers: ReadonlyMap<string, Provider>, id: string): Provider {
  const provider = providers.get(id);
  if (provider === undefined) {
    throw new BrokerError(
      "provider_unknown",
      `There is no such provider here. Known ones: ${[...providers.keys()].join(", ")}.`,
    );
  }
  return provider;
}
