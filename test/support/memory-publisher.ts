import type { Publisher } from "../../shared/broker/ports.ts";
import type { PublishedSecret } from "../../shared/broker/published-secret.ts";

export type MemoryPublisher = Publisher & {
  /** What consumers read, by the secret's name. */
  readonly secrets: ReadonlyMap<string, PublishedSecret>;
};

/** Published secrets in memory. It runs the same contract suite as the publisher on Secrets Manager. */
export function memoryPublisher(): MemoryPublisher {
  const secrets = new Map<string, PublishedSecret>();
  return {
    secrets,
    async publish(name, value) {
      const current = secrets.get(name);
      if (current !== undefined && current.generation >= value.generation) return current.generation;
      secrets.set(name, structuredClone(value));
      return value.generation;
    },
  };
}
