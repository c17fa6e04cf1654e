import type { Provider } from "../providers/provider.ts";
import { BrokerError } from "./error.ts";

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
