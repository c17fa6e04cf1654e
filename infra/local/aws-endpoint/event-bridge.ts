import { randomUUID } from "node:crypto";
import { awsError, constraintError } from "./aws-error.ts";
import { type AwsOperation, type AwsService, type Caller, type JsonObject, localAccount } from "./aws-service.ts";
import type { EventBus, EventLog, ReceivedEvent } from "./event-log.ts";
import { isJsonObject, objects, requiredText, text, texts } from "./request-members.ts";

const sizeLimit = 256 * 1024;

type EntryResult = { readonly EventId: string } | { readonly ErrorCode: string; readonly ErrorMessage: string };

/**
 * Makes the EventBridge service over a log of events. There are no rules or targets: what a bus accepted is in the log.
 *
 * @param options.now epoch milliseconds.
 */
export function createEventBridge(options: { readonly log: EventLog; readonly now: () => number }): AwsService {
  const { log, now } = options;
  const startedAt = now();
  const findBus = (name: string, { region }: Caller): EventBus | undefined =>
    name === "default" ? { name, arn: busArn(name, region), createdAt: startedAt } : log.bus(name);

  const operations: Readonly<Record<string, AwsOperation>> = {
    PutEvents: (input, caller) => {
      const entries = requestEntries(input).map((entry) => readEntry(entry, now()));
      // AWS acknowledges an entry for a bus that does not exist, and drops it.
      log.add(entries.flatMap((entry) => ("event" in entry && findBus(entry.event.bus, caller) ? [entry.event] : [])));
      return entriesAnswer(entries.map((entry) => ("event" in entry ? { EventId: entry.event.id } : entry)));
    },
    CreateEventBus: (input, caller) => {
      const name = requiredText(input, "Name", { min: 1, max: 256 });
      if (!/^[.\-_A-Za-z0-9]+$/.test(name))
        throw constraintError("Name", "Member must satisfy regular expression pattern: [.\\-_A-Za-z0-9]+");
      if (findBus(name, caller) !== undefined)
        throw awsError("ResourceAlreadyExistsException", `Event bus ${name} already exists.`);
      log.addBus({ name, arn: busArn(name, caller.region), createdAt: now() });
      return { EventBusArn: busArn(name, caller.region) };
    },
    DescribeEventBus: (input, caller) => {
      const name = busName(text(input, "Name", { min: 1, max: 1600 }));
      const bus = findBus(name, caller);
      if (bus === undefined) throw awsError("ResourceNotFoundException", `Event bus ${name} does not exist.`);
      const time = bus.createdAt / 1000;
      return { Name: bus.name, Arn: bus.arn, CreationTime: time, LastModifiedTime: time };
    },
  };
  return {
    name: "events",
    target: "AWSEvents",
    bodyLimit: 2 * 1024 * 1024,
    operations: new Map(Object.entries(operations)),
  };
}

/** Answers a PutEvents request as EventBridge does when it takes none of the entries: status 200, all of them failed. */
export function failedEntries(input: JsonObject, code: string): JsonObject {
  return entriesAnswer(
    requestEntries(input).map(() => ({ ErrorCode: code, ErrorMessage: "Failed as asked for by PUT /_local/faults." })),
  );
}

function requestEntries(input: JsonObject): readonly JsonObject[] {
  const entries = objects(input, "Entries", { min: 1, max: 10 });
  if (entries === undefined) throw constraintError("Entries", "Member must not be null");
  if (entries.reduce((total, entry) => total + entrySize(entry), 0) > sizeLimit)
    throw awsError("ValidationException", "Total size of the entries in the request is over the limit.");
  return entries;
}

function entrySize(entry: JsonObject): number {
  const parts = [text(entry, "Source"), text(entry, "DetailType"), text(entry, "Detail")];
  const bytes = [...parts, ...(texts(entry, "Resources") ?? [])].map((part) => Buffer.byteLength(part ?? ""));
  return bytes.reduce((total, size) => total + size, entry["Time"] == null ? 0 : 14);
}

function readEntry(
  entry: JsonObject,
  now: number,
): { readonly event: Omit<ReceivedEvent, "number"> } | Exclude<EntryResult, { readonly EventId: string }> {
  const source = text(entry, "Source");
  const detailType = text(entry, "DetailType");
  const detail = text(entry, "Detail");
  if (!source) return missing("Source");
  if (!detailType) return missing("DetailType");
  if (!detail) return missing("Detail");
  if (source.startsWith("aws."))
    return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
  if (detailType.length > 128) return invalid("DetailType", "DetailType must have at most 128 characters");
  const content = parsedObject(detail);
  if (content === undefined) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
  const time = entry["Time"];
  return {
    event: {
      id: randomUUID(),
      bus: busName(text(entry, "EventBusName", { min: 1, max: 1600 })),
      source,
      detail_type: detailType,
      detail: content,
      resources: texts(entry, "Resources") ?? [],
      time: new Date(typeof time === "number" ? time * 1000 : now).toISOString(),
    },
  };
}

function missing(member: string): Exclude<EntryResult, { readonly EventId: string }> {
  return invalid(member, `${member} is a required argument`);
}

function invalid(member: string, reason: string): Exclude<EntryResult, { readonly EventId: string }> {
  return { ErrorCode: "InvalidArgument", ErrorMessage: `Parameter ${member} is not valid. Reason: ${reason}.` };
}

function entriesAnswer(entries: readonly EntryResult[]): JsonObject {
  return { FailedEntryCount: entries.filter((entry) => "ErrorCode" in entry).length, Entries: entries };
}

function parsedObject(json: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function busArn(name: string, region: string): string {
  return `arn:aws:events:${region}:${localAccount}:event-bus/${name}`;
}

function busName(nameOrArn: string | undefined): string {
  return nameOrArn?.replace(/^arn:[^/]*\//, "") ?? "default";
}
