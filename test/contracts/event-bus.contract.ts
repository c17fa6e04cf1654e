import { beforeAll, describe, expect, it } from "vitest";
import type { StatusEvent } from "../../shared/broker/connection.ts";
import type { EventBus } from "../../shared/broker/ports.ts";
import type { BreakerEvent } from "../../shared/broker/provider-health.ts";

export type EventBusUnderTest = {
  readonly bus: EventBus;
  /** Ids of the events that were delivered, in any order. */
  readonly delivered: () => Promise<readonly string[]>;
};

export function statusEvent(id: string, changes: Partial<StatusEvent> = {}): StatusEvent {
  return {
    id,
    name: "connection.reauthorization_required",
    status: "reauthorization_required",
    previousStatus: "active",
    reason: "grant_rejected",
    code: null,
    upstream: null,
    generation: 12,
    sequence: 40,
    actor: "schedule",
    at: Date.UTC(2026, 10, 21, 18),
    ...changes,
  };
}

export function breakerEvent(id: string, changes: Partial<BreakerEvent> = {}): BreakerEvent {
  return {
    id,
    name: "provider.client_credentials_rejected",
    breaker: "open",
    provider: "rd-station",
    origin: "https://api.rd.services",
    code: "client_credentials_rejected",
    sequence: 3,
    actor: "schedule",
    at: Date.UTC(2026, 10, 21, 18),
    ...changes,
  };
}

/** What every event bus does. */
export function eventBusContract(name: string, create: () => Promise<EventBusUnderTest>): void {
  describe(`event bus: ${name}`, () => {
    let bus: EventBus;
    let delivered: EventBusUnderTest["delivered"];
    beforeAll(async () => {
      ({ bus, delivered } = await create());
    });
    const send = (ids: readonly string[]) =>
      bus.send(ids.map((id) => ({ connection: "rd-station/acme", event: statusEvent(id) })));

    it("sends nothing where there is nothing to send", async () => {
      expect(await send([])).toEqual(new Set());
    });

    it.each([1, 2, 10, 11, 25])("sends %i and tells which were accepted", async (count) => {
      const ids = Array.from({ length: count }, (_, number) => `rd-station/acme#${count}-${number}`);
      expect(await send(ids)).toEqual(new Set(ids));
      expect(await delivered()).toEqual(expect.arrayContaining(ids));
    });

    it("sends changes of breakers in the same way", async () => {
      const ids = Array.from({ length: 11 }, (_, number) => `https://api.rd.services#${number}`);
      expect(await bus.sendBreakerEvents(ids.map((id) => breakerEvent(id)))).toEqual(new Set(ids));
      expect(await delivered()).toEqual(expect.arrayContaining(ids));
    });

    it("sends the same event as often as it is asked to", async () => {
      await send(["again"]);
      await send(["again"]);
      expect((await delivered()).filter((id) => id === "again")).toHaveLength(2);
    });
  });
}
