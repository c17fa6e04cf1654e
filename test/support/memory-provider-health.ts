import type { ProviderHealthStore } from "../../shared/broker/ports.ts";
import type { ProviderHealth } from "../../shared/broker/provider-health.ts";

export type MemoryProviderHealth = ProviderHealthStore & { readonly stored: ReadonlyMap<string, ProviderHealth> };

/** The health of token endpoints in memory. It runs the same contract suite as the store on DynamoDB. */
export function memoryProviderHealth(): MemoryProviderHealth {
  const stored = new Map<string, ProviderHealth>();
  return {
    stored,
    async read(origin) {
      return structuredClone(stored.get(origin));
    },
    async write(health) {
      if ((stored.get(health.origin)?.sequence ?? 0) !== health.sequence - 1) return false;
      stored.set(health.origin, structuredClone(health));
      return true;
    },
  };
}
