import type { JsonObject } from "./aws-service.ts";
import { openJournal } from "./journal.ts";

/** An event that a bus accepted. */
export type ReceivedEvent = {
  /** Counts up from 1 and never starts again in the same data directory. */
  readonly number: number;
  readonly id: string;
  readonly bus: string;
  readonly source: string;
  readonly detail_type: string;
  readonly detail: JsonObject;
  readonly resources: readonly string[];
  /** ISO 8601. */
  readonly time: string;
};

export type EventBus = { readonly name: string; readonly arn: string; readonly createdAt: number };

export type EventLog = {
  /** Keeps accepted events, all of them or none; numbers them in their order. */
  readonly add: (events: readonly Omit<ReceivedEvent, "number">[]) => void;
  /** The kept events whose number is above `after`, oldest first. */
  readonly after: (number: number) => readonly ReceivedEvent[];
  readonly bus: (name: string) => EventBus | undefined;
  readonly addBus: (bus: EventBus) => void;
  readonly close: () => void;
};

type EventRecord = { readonly events: readonly ReceivedEvent[] } | { readonly bus: EventBus };

const keptEvents = 10_000;

/**
 * Opens the log of received events and of the event buses that were made.
 *
 * @param path file of the log; undefined keeps it in memory. The last 10,000 events are kept.
 */
export function openEventLog(path: string | undefined): EventLog {
  let events: ReceivedEvent[] = [];
  const buses = new Map<string, EventBus>();
  const take = (record: EventRecord): void => {
    if ("bus" in record) buses.set(record.bus.name, record.bus);
    else events.push(...record.events);
    if (events.length > 2 * keptEvents) events = events.slice(-keptEvents);
  };
  const journal = openJournal<EventRecord>({
    path,
    replay: take,
    snapshot: function* () {
      for (const bus of buses.values()) yield { bus };
      for (const event of events.slice(-keptEvents)) yield { events: [event] };
    },
  });
  const record = (entry: EventRecord): void => {
    journal.append(entry);
    take(entry);
  };
  return {
    add: (accepted) => {
      const last = events.at(-1)?.number ?? 0;
      if (accepted.length > 0)
        record({ events: accepted.map((event, index) => ({ number: last + index + 1, ...event })) });
    },
    after: (number) => events.slice(-keptEvents).filter((event) => event.number > number),
    bus: (name) => buses.get(name),
    addBus: (bus) => record({ bus }),
    close: journal.close,
  };
}
