import { versionedPublisher } from "../../shared/aws/versioned-publisher.ts";
import type { Publisher } from "../../shared/broker/ports.ts";
import type { PublishedSecret } from "../../shared/broker/published-secret.ts";
import { memorySecretVersions } from "./memory-secret-versions.ts";

export type MemoryPublisher = Publisher & {
  /** What consumers read. */
  read(name: string): PublishedSecret | undefined;
};

/** The production publisher over secrets in memory. It runs the same contract suite as over Secrets Manager. */
export function memoryPublisher(): MemoryPublisher {
  const versions = memorySecretVersions();
  const clock = { now: () => 0, sleep: async () => undefined };
  return {
    ...versionedPublisher({ versions, clock, random: { fraction: () => 0 } }),
    read: (name) => versions.read(name),
  };
}
