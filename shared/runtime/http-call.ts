import type { APIGatewayEventRequestContextV2, APIGatewayProxyEventV2WithRequestContext, Context } from "aws-lambda";
import * as v from "valibot";
import { type ConnectionId, connectionId } from "../broker/connection-id.ts";
import { BrokerError } from "../broker/error.ts";
import { requireProvider } from "../broker/known-provider.ts";
import type { Invocation } from "../broker/ports.ts";
import type { Provider } from "../providers/provider.ts";

/** An HTTP API event, payload format 2.0. Routes without the IAM authorizer carry no caller. */
export type HttpEvent = APIGatewayProxyEventV2WithRequestContext<
  APIGatewayEventRequestContextV2 & { readonly authorizer?: { readonly iam?: { readonly userArn?: string } } }
>;

/** An HTTP API event as a use case wants it. */
export type HttpCall = {
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: readonly string[];
  readonly path: Readonly<Record<string, string | undefined>>;
  readonly event: HttpEvent;
  readonly invocation: Invocation;
};

const longestBody = 65_536;

/** The HTTP API cuts a request off after 30 s, and a function that serves one after 25. */
const longestRequest = 25_000;

/** Left for the answer itself after the last thing that was awaited. */
const answering = 500;

/** The actor of a call that came by a route without the IAM authorizer. */
export const nobody = "anonymous";

/** Takes what a use case needs from an event. The caller is the IAM identity that API Gateway has authenticated. */
export function readCall(event: HttpEvent, context: Pick<Context, "getRemainingTimeInMillis">, now: number): HttpCall {
  const left = Math.min(context.getRemainingTimeInMillis(), longestRequest);
  return {
    query: event.queryStringParameters ?? {},
    headers: event.headers,
    cookies: event.cookies ?? [],
    path: event.pathParameters ?? {},
    event,
    invocation: { actor: event.requestContext.authorizer?.iam?.userArn ?? nobody, endsAt: now + left - answering },
  };
}

/** @throws BrokerError `provider_unknown`, `invalid_request` */
export function readConnectionId(call: HttpCall, providers: ReadonlyMap<string, Provider>): ConnectionId {
  return connectionId(requireProvider(providers, call.path["provider"] ?? "").id, call.path["account"] ?? "");
}

/**
 * Reads a JSON body.
 *
 * @param schema what it has to be; no body at all counts as `{}`
 * @throws BrokerError `request_too_large`, `invalid_request`. The message names members, never values: they may be secrets.
 */
export function readBody<Schema extends v.GenericSchema>(call: HttpCall, schema: Schema): v.InferOutput<Schema> {
  const { body = "", isBase64Encoded } = call.event;
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > longestBody) {
    throw new BrokerError("request_too_large", `The body may have ${longestBody} bytes at most.`);
  }
  return check(schema, bytes.length === 0 ? {} : parseObject(bytes), "The body");
}

/** Reads the query parameters. @throws BrokerError `invalid_request` */
export function readQuery<Schema extends v.GenericSchema>(call: HttpCall, schema: Schema): v.InferOutput<Schema> {
  return check(schema, call.query, "The query");
}

function check<Schema extends v.GenericSchema>(schema: Schema, value: unknown, what: string): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const member = issue.path?.map(({ key }) => String(key)).join(".");
  if (member === undefined) throw new BrokerError("invalid_request", `${what} has to be a JSON object.`);
  const name = member.replace(/[^\w.-]/g, "").slice(0, 64);
  if (issue.expected === "never") throw new BrokerError("invalid_request", `${what} must not contain ${name}.`);
  if (issue.type === "strict_object" || issue.type === "object")
    throw new BrokerError("invalid_request", `${what} lacks ${name}.`);
  // The library's own messages quote what they received; ours do not.
  const wanted = issue.message.startsWith("Invalid ") ? `has to be ${issue.expected}` : issue.message;
  throw new BrokerError("invalid_request", `${name} ${wanted}.`);
}

function parseObject(bytes: Buffer): object {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    // The parser's own message quotes the body, so it is not kept as the cause.
    throw new BrokerError("invalid_request", "The body is not JSON.");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new BrokerError("invalid_request", "The body has to be a JSON object.");
}

/** A whole number in a query parameter, within bounds. */
export function wholeNumber(least: number, most: number) {
  const message = `has to be a whole number from ${least} to ${most}`;
  return v.pipe(
    v.string(),
    v.check((text) => /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most, message),
    v.transform(Number),
  );
}
