import type { ProviderHealthStore } from "../../shared/broker/ports.ts";
import type { ProviderHealth } from "../../shared/broker/provider-health.ts";
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
    async read(origin) {
      return stored.get(origin);
    },
    async write(health) {
      if ((stored.get(health.origin)?.sequence ?? 0) !== health.sequence - 1) return false;
      stored.set(health.origin, deepFreeze(health));
      return true;
    },
  };
}
