import { CreateEventBusCommand, DescribeEventBusCommand, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AwsEndpoint, startAwsEndpoint } from "../../../../infra/local/aws-endpoint/start-aws-endpoint.ts";
import { awsClients } from "./aws-clients.ts";

const time = Date.UTC(2026, 10, 21, 15, 30);
let endpoint: AwsEndpoint;
let events: ReturnType<typeof awsClients>["events"];
let last = 0;

type Received = { readonly events: readonly { readonly number: number; readonly detail: unknown }[] };

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ port: 0, dataDirectory: undefined, now: () => time });
  events = awsClients(endpoint.url).events;
});
afterAll(() => endpoint.close());
beforeEach(async () => {
  last = (await received()).at(-1)?.number ?? last;
});

const received = async () => {
  const response = await fetch(`${endpoint.url}/_local/events?after=${last}`);
  return ((await response.json()) as Received).events;
};
const entry = { Source: "chaveiro", DetailType: "connection.authorized", Detail: '{"connection":"rd-station/acme"}' };

describe("the local EventBridge", () => {
  it("keeps what it accepts, numbered in its order", async () => {
    const answer = await events.send(
      new PutEventsCommand({
        Entries: [
          { ...entry, Resources: ["arn:x"], Time: new Date(1_000_000_000_500) },
          { ...entry, Detail: "{}" },
        ],
      }),
    );
    expect(answer.FailedEntryCount).toBe(0);
    expect(await received()).toEqual([
      {
        number: last + 1,
        id: answer.Entries?.[0]?.EventId,
        bus: "default",
        source: "chaveiro",
        detail_type: "connection.authorized",
        detail: { connection: "rd-station/acme" },
        resources: ["arn:x"],
        time: "2001-09-09T01:46:40.500Z",
      },
      expect.objectContaining({ number: last + 2, detail: {}, time: "2026-11-21T15:30:00.000Z" }),
    ]);
  });

  it("answers 200 with the entries that failed, and keeps the others", async () => {
    const answer = await events.send(
      new PutEventsCommand({
        Entries: [
          { ...entry, Source: "" },
          { Source: "chaveiro", Detail: "{}" },
          { Source: "chaveiro", DetailType: "x" },
          { ...entry, Detail: "not json" },
          { ...entry, Detail: "[]" },
          { ...entry, Detail: '"text"' },
          { ...entry, Source: "aws.ec2" },
          { ...entry, DetailType: "x".repeat(129) },
          entry,
        ],
      }),
    );
    expect(answer.FailedEntryCount).toBe(8);
    expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      "InvalidArgument",
      "InvalidArgument",
      "InvalidArgument",
      "MalformedDetail",
      "MalformedDetail",
      "MalformedDetail",
      "NotAuthorizedForSourceException",
      "InvalidArgument",
      undefined,
    ]);
    expect(answer.Entries?.[0]?.ErrorMessage).toBe(
      "Parameter Source is not valid. Reason: Source is a required argument.",
    );
    expect(await received()).toHaveLength(1);
  });

  it("refuses a request with no entry, with more than ten and with more than 256 KiB", async () => {
    for (const Entries of [[], Array.from({ length: 11 }, () => entry)])
      await expect(events.send(new PutEventsCommand({ Entries }))).rejects.toMatchObject({
        name: "ValidationException",
      });
    const Detail = JSON.stringify({ text: "x".repeat(140_000) });
    const big = { ...entry, Detail };
    expect((await events.send(new PutEventsCommand({ Entries: [big] }))).FailedEntryCount).toBe(0);
    await expect(events.send(new PutEventsCommand({ Entries: [big, big] }))).rejects.toMatchObject({
      name: "ValidationException",
      message: "Total size of the entries in the request is over the limit.",
    });
  });

  it("acknowledges and drops events for a bus that does not exist", async () => {
    const answer = await events.send(new PutEventsCommand({ Entries: [{ ...entry, EventBusName: "nothing" }] }));
    expect(answer.FailedEntryCount).toBe(0);
    expect(answer.Entries?.[0]?.EventId).toBeDefined();
    expect(await received()).toEqual([]);
  });

  it("keeps events for a bus that was made, named or by ARN", async () => {
    const { EventBusArn = "" } = await events.send(new CreateEventBusCommand({ Name: "ours" }));
    for (const EventBusName of ["ours", EventBusArn])
      await events.send(new PutEventsCommand({ Entries: [{ ...entry, EventBusName }] }));
    expect(await received()).toMatchObject([{ bus: "ours" }, { bus: "ours" }]);
    expect(await events.send(new DescribeEventBusCommand({ Name: "ours" }))).toMatchObject({ Arn: EventBusArn });
    expect(await events.send(new DescribeEventBusCommand({}))).toMatchObject({ Name: "default" });
    await expect(events.send(new CreateEventBusCommand({ Name: "ours" }))).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
    });
    await expect(events.send(new DescribeEventBusCommand({ Name: "nothing" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});
