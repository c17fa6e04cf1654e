import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { crc32 } from "node:zlib";
import { AwsError, awsError } from "./aws-error.ts";
import type { AwsService, JsonObject } from "./aws-service.ts";
import { failedEntries } from "./event-bridge.ts";
import type { Fault, Faults } from "./faults.ts";
import { type Answer, parsedJson, readBody } from "./http-exchange.ts";
import type { RequestCounts } from "./request-counts.ts";
import { isJsonObject } from "./request-members.ts";

/**
 * Answers one request to an AWS service; undefined where the connection is to be cut without an answer. Rejects where
 * the client hung up before its request was complete.
 */
export type AwsRequests = (request: IncomingMessage) => Promise<Answer | undefined>;

/**
 * Makes what answers AWS JSON 1.0 and 1.1, told apart by `X-Amz-Target`. A signature must be there and is not checked.
 *
 * @param options.sleep waits for milliseconds.
 */
export function createAwsRequests(options: {
  readonly services: readonly AwsService[];
  readonly faults: Faults;
  readonly counts: RequestCounts;
  readonly sleep: (milliseconds: number) => Promise<void>;
}): AwsRequests {
  const { services, faults, counts, sleep } = options;

  const answerTo = async (request: IncomingMessage): Promise<JsonObject | undefined> => {
    const [prefix, name = ""] = String(request.headers["x-amz-target"] ?? "").split(".");
    const service = services.find((candidate) => candidate.target === prefix);
    const operation = service?.operations.get(name);
    const body = await readBody(request, service?.bodyLimit ?? 1024);
    if (service === undefined || operation === undefined || request.method !== "POST")
      throw awsError("UnknownOperationException", "The local endpoint does not do this operation.");
    counts.add(`${service.name}.${name}`);
    if (body === undefined)
      throw awsError("RequestEntityTooLargeException", `Send at most ${service.bodyLimit} bytes.`, 413);
    if (!isSigned(request))
      throw awsError("MissingAuthenticationTokenException", "Request is missing Authentication Token");
    const input = parsedJson(body);
    if (!isJsonObject(input)) throw awsError("SerializationException", "The body is not a JSON object.");

    const fault = faults.meet(service.name, name);
    if (fault !== undefined) await sleep(fault.delay_milliseconds);
    if (!fault?.after) return injected(fault, input) ?? operation(input, { region: region(request) });
    try {
      await operation(input, { region: region(request) });
    } catch {
      // Nobody is told, as nobody is told of a success.
    }
    return undefined;
  };

  return async (request) => {
    const type = String(request.headers["content-type"] ?? "");
    try {
      const body = await answerTo(request);
      return body && { status: 200, body, headers: headers(type, body) };
    } catch (error) {
      if (!request.complete && !(error instanceof AwsError)) throw error;
      const { status, body } = error instanceof AwsError ? error : failure(error);
      return { status, body, headers: headers(type, body) };
    }
  };
}

function injected(fault: Fault | undefined, input: JsonObject): JsonObject | undefined {
  if (fault?.error !== undefined)
    throw awsError(fault.error, "Failed as asked for by PUT /_local/faults.", fault.status);
  return fault?.entry_error === undefined ? undefined : failedEntries(input, fault.entry_error);
}

function failure(error: unknown): AwsError {
  console.error("The local AWS endpoint failed:", error);
  return awsError("InternalServerError", "The local endpoint failed; its log says why.", 500);
}

function headers(requestType: string, body: JsonObject): Readonly<Record<string, string>> {
  return {
    "content-type": /^application\/x-amz-json-1\.[01]/.exec(requestType)?.[0] ?? "application/json",
    "x-amzn-requestid": randomUUID(),
    "x-amz-crc32": String(crc32(JSON.stringify(body))),
  };
}

function isSigned(request: IncomingMessage): boolean {
  return request.headers.authorization !== undefined || (request.url ?? "").includes("X-Amz-Algorithm=");
}

function region(request: IncomingMessage): string {
  return /Credential=[^/]*\/\d{8}\/([a-z0-9-]+)\//.exec(request.headers.authorization ?? "")?.[1] ?? "us-east-1";
}
