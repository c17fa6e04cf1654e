import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { eventBridgeClient } from "../../../shared/aws/aws-clients.ts";
import { eventBridgeEventBus } from "../../../shared/aws/eventbridge-event-bus.ts";
import type { EventBus } from "../../../shared/broker/ports.ts";
import { clientOptions, type LocalAwsHost, startLocalAws } from "../../contracts/aws-host.ts";
import { breakerEvent, statusEvent } from "../../contracts/event-bus.contract.ts";
import { startHttpServer } from "../oauth/local-server.ts";

let host: LocalAwsHost;
let bus: EventBus;
beforeAll(async () => {
  host = await startLocalAws();
  bus = eventBridgeEventBus({ client: host.eventBridge });
});
afterEach(() => host.setFaults([]));
afterAll(() => host.close());

const connection = "rd-station/acme";
const many = (count: number) =>
  Array.from({ length: count }, (_, number) => ({ connection, event: statusEvent(`many-${number}`) }) as const);

it("writes an event of a connection like this", async () => {
  await bus.send([{ connection, event: statusEvent("rd-station/acme#one") }]);
  expect((await host.events()).at(-1)).toEqual({
    number: expect.any(Number),
    id: expect.any(String),
    bus: "default",
    source: "chaveiro",
    detail_type: "connection.reauthorization_required",
    resources: [],
    time: "2026-11-21T18:00:00.000Z",
    detail: {
      id: "rd-station/acme#one",
      connection: "rd-station/acme",
      provider: "rd-station",
      account: "acme",
      status: "reauthorization_required",
      previous_status: "active",
      reason: "grant_rejected",
      code: null,
      upstream: null,
      generation: 12,
      sequence: 40,
      actor: "schedule",
      at: "2026-11-21T18:00:00.000Z",
    },
  });
});

it("writes an event of a provider like this", async () => {
  await bus.sendBreakerEvents([breakerEvent("https://api.rd.services#one")]);
  expect((await host.events()).at(-1)).toMatchObject({
    source: "chaveiro",
    detail_type: "provider.client_credentials_rejected",
    time: "2026-11-21T18:00:00.000Z",
    detail: {
      id: "https://api.rd.services#one",
      provider: "rd-station",
      origin: "https://api.rd.services",
      breaker: "open",
      code: "client_credentials_rejected",
      sequence: 3,
      actor: "schedule",
      at: "2026-11-21T18:00:00.000Z",
    },
  });
});

it("sends ten at a time", async () => {
  expect(await host.countRequests(() => bus.send(many(21)))).toEqual({ "events.PutEvents": 3 });
});

it("counts no entry with an error code as accepted, although the answer is 200", async () => {
  await host.setFaults([{ service: "events", operation: "PutEvents", entry_error: "ThrottlingException" }]);
  expect(await bus.send(many(3))).toEqual(new Set());
});

it("tells exactly which entries were accepted", async () => {
  const server = await startHttpServer((response) => {
    const Entries = [{ EventId: "1" }, { ErrorCode: "InternalFailure", ErrorMessage: "…" }, { EventId: "3" }];
    response.end(JSON.stringify({ FailedEntryCount: 1, Entries }));
  });
  const client = eventBridgeClient(clientOptions(server.origin));
  expect(await eventBridgeEventBus({ client }).send(many(3))).toEqual(new Set(["many-0", "many-2"]));
  client.destroy();
  await server.close();
});

it("tells what was accepted where only some of the calls failed", async () => {
  await host.setFaults([{ service: "events", operation: "PutEvents", error: "AccessDeniedException" }]);
  expect((await bus.send(many(15))).size).toBeOneOf([5, 10]);
});

it("throws where nothing could be sent", async () => {
  await host.setFaults([{ service: "events", operation: "PutEvents", error: "AccessDeniedException", times: 2 }]);
  await expect(bus.send(many(15))).rejects.toMatchObject({ name: "AccessDeniedException" });
});

it("sends to the bus that is configured", async () => {
  const server = await startHttpServer((response) => response.end('{"Entries":[{"EventId":"1"}]}'));
  const client = eventBridgeClient(clientOptions(server.origin));
  await eventBridgeEventBus({ client, busName: "connections" }).send(many(1));
  expect(JSON.parse(server.requests[0]?.body ?? "")).toMatchObject({ Entries: [{ EventBusName: "connections" }] });
  client.destroy();
  await server.close();
});
