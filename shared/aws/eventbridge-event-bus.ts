import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { StatusEvent } from "../broker/connection.ts";
import { type ConnectionId, splitConnectionId } from "../broker/connection-id.ts";
import type { EventBus } from "../broker/ports.ts";
import type { BreakerEvent } from "../broker/provider-health.ts";

/** As many entries as one call takes. */
const batchSize = 10;

type Sendable = { readonly id: string; readonly entry: PutEventsRequestEntry };

type Sent = { readonly connection: ConnectionId; readonly event: StatusEvent };

/**
 * Status changes of connections, and changes of breakers, as events of EventBridge.
 *
 * @param options.busName the account's default bus unless given
 */
export function eventBridgeEventBus(options: {
  readonly client: EventBridgeClient;
  readonly busName?: string;
}): EventBus {
  const { client, busName } = options;
  const send = async (events: readonly Sendable[]): Promise<ReadonlySet<string>> => {
    const batches = Array.from({ length: Math.ceil(events.length / batchSize) }, (_, batch) =>
      events.slice(batch * batchSize, (batch + 1) * batchSize),
    );
    const results = await Promise.allSettled(batches.map((batch) => sendBatch(client, batch, busName)));
    const accepted = results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
    const failed = results.find((result) => result.status === "rejected");
    if (accepted.length === 0 && failed !== undefined) throw failed.reason;
    return new Set(accepted);
  };
  return {
    send: (events) => send(events.map((sent) => ({ id: sent.event.id, entry: statusEntry(sent) }))),
    sendBreakerEvents: (events) => send(events.map((event) => ({ id: event.id, entry: breakerEntry(event) }))),
  };
}

/** @returns the ids of the events that the bus took: it answers 200 also where it took none */
async function sendBatch(
  client: EventBridgeClient,
  batch: readonly Sendable[],
  busName: string | undefined,
): Promise<readonly string[]> {
  const { Entries = [] } = await client.send(
    new PutEventsCommand({ Entries: batch.map(({ entry }) => ({ ...entry, EventBusName: busName })) }),
  );
  return batch.flatMap(({ id }, index) => {
    const result = Entries[index];
    return result?.EventId !== undefined && result.ErrorCode === undefined ? [id] : [];
  });
}

/** The detail is for others to match on: its names and its shape are a contract. */
function statusEntry({ connection, event }: Sent): PutEventsRequestEntry {
  const { provider, account } = splitConnectionId(connection);
  return {
    Source: "chaveiro",
    DetailType: event.name,
    Time: new Date(event.at),
    Detail: JSON.stringify({
      id: event.id,
      connection,
      provider,
      account,
      status: event.status,
      previous_status: event.previousStatus,
      reason: event.reason,
      code: event.code,
      upstream: event.upstream,
      generation: event.generation,
      sequence: event.sequence,
      actor: event.actor,
      at: new Date(event.at).toISOString(),
    }),
  };
}

function breakerEntry({ at, name, ...event }: BreakerEvent): PutEventsRequestEntry {
  return {
    Source: "chaveiro",
    DetailType: name,
    Time: new Date(at),
    Detail: JSON.stringify({
      id: event.id,
      provider: event.provider,
      origin: event.origin,
      breaker: event.breaker,
      code: event.code,
      sequence: event.sequence,
      actor: event.actor,
      at: new Date(at).toISOString(),
    }),
  };
}
