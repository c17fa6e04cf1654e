import { BrokerError } from "../../shared/broker/error.ts";
import type { ClientCredentials, ClientCredentialsStore, Clock } from "../../shared/broker/ports.ts";

export type MemoryClientCredentials = ClientCredentialsStore & {
  /** What the operator has stored, by provider. Change it as the operator would. */
  readonly stored: Map<string, ClientCredentials>;
};

/** Client credentials in memory, cached as the store on Secrets Manager caches them. It runs the same contract suite. */
export function memoryClientCredentials(options: {
  readonly clock: Pick<Clock, "now">;
  readonly stored?: Readonly<Record<string, ClientCredentials>>;
}): MemoryClientCredentials {
  const stored = new Map(Object.entries(options.stored ?? {}));
  const cache = new Map<string, { readonly until: number; readonly credentials: ClientCredentials }>();
  return {
    stored,
    async read(provider) {
      const now = options.clock.now();
      const cached = cache.get(provider);
      if (cached !== undefined && cached.until > now) return cached.credentials;
      const credentials = stored.get(provider);
      if (credentials === undefined) {
        throw new BrokerError("client_credentials_rejected", `There are no client credentials for ${provider}.`);
      }
      cache.set(provider, { until: now + 5 * 60_000, credentials });
      return credentials;
    },
    forget(provider) {
      cache.delete(provider);
    },
  };
}
