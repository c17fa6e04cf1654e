import type { AwsService } from "./aws-service.ts";
import type { KeyRing } from "./key-ring.ts";
import { createSecretReads } from "./secret-reads.ts";
import type { SecretStore } from "./secret-store.ts";
import { createSecretVault } from "./secret-values.ts";
import { createSecretWrites } from "./secret-writes.ts";

/**
 * Makes the Secrets Manager service. Secrets do not rotate by themselves, have no replicas and no resource policies.
 *
 * @param options.now epoch milliseconds.
 */
export function createSecretsManager(options: {
  readonly store: SecretStore;
  readonly keyRing: KeyRing;
  readonly now: () => number;
}): AwsService {
  const parts = { store: options.store, vault: createSecretVault(options.keyRing), now: options.now };
  return {
    name: "secretsmanager",
    target: "secretsmanager",
    bodyLimit: 1024 * 1024,
    operations: new Map(Object.entries({ ...createSecretReads(parts), ...createSecretWrites(parts) })),
  };
}
