import type { ProviderHealthStore } from "../../shared/broker/ports.ts";
import { endpointKey, type ProviderHealth } from "../../shared/broker/provider-health.ts";
import { deepFreeze } from "./deep-freeze.ts";

export type MemoryProviderHealth = ProviderHealthStore & { readonly stored: ReadonlyMap<string, ProviderHealth> };

/**
 * The health of token endpoints in memory. It runs the same contract suite as the store on DynamoDB.
 *
 * @param from begins with what that one holds
 */
export function memoryProviderHealth(from?: MemoryProviderHealth): MemoryProviderHealth {
  const stored = new Map(from?.stored);
  return {
    stored,
    async read(endpoint) {
      return stored.get(endpointKey(endpoint));
    },
    async write(health) {
      if ((stored.get(endpointKey(health))?.sequence ?? 0) !== health.sequence - 1) return false;
      stored.set(endpointKey(health), deepFreeze(health));
      return true;
    },
  };
}
