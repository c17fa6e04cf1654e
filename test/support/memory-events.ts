import type { StatusEvent } from "../../shared/broker/connection.ts";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import type { EventBus } from "../../shared/broker/ports.ts";
import type { BreakerEvent } from "../../shared/broker/provider-health.ts";

export type MemoryEvents = EventBus & {
  /** Every delivery, repeated ones included. */
  readonly sent: readonly { readonly connection: ConnectionId; readonly event: StatusEvent }[];
  readonly sentOfBreakers: readonly BreakerEvent[];
  /** Ids of events that the bus answers with an error code while they are in here. */
  readonly refused: Set<string>;
};

/**
 * An event bus in memory. It runs the same contract suite as the one on EventBridge.
 *
 * @param from begins with what that one was sent
 */
export function memoryEvents(from?: MemoryEvents): MemoryEvents {
  const sent = [...(from?.sent ?? [])];
  const sentOfBreakers = [...(from?.sentOfBreakers ?? [])];
  const refused = new Set<string>();
  return {
    sent,
    sentOfBreakers,
    refused,
    async send(events) {
      const accepted = events.filter(({ event }) => !refused.has(event.id));
      sent.push(...accepted);
      return new Set(accepted.map(({ event }) => event.id));
    },
    async sendBreakerEvents(events) {
      const accepted = events.filter(({ id }) => !refused.has(id));
      sentOfBreakers.push(...accepted);
      return new Set(accepted.map(({ id }) => id));
    },
  };
}
