import type { Context } from "hono";
import * as v from "valibot";
import type { SandboxEnv } from "../sandbox-provider.ts";

/** A control request that cannot be done; the message says why, in a sentence for the person who sent it. */
export class ControlError extends Error {
  override readonly name = "ControlError";
  readonly code = "invalid_control_request";
  readonly status: 400 | 404;

  constructor(status: 400 | 404, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/**
 * Reads the JSON body of a control request.
 *
 * @throws ControlError (400) where it is not JSON or not what the schema wants.
 */
export async function readControlBody<Output>(
  c: Context<SandboxEnv>,
  schema: v.GenericSchema<unknown, Output>,
): Promise<Output> {
  const text = await c.req.text();
  let value: unknown;
  try {
    value = text.trim() === "" ? {} : JSON.parse(text);
  } catch (cause) {
    throw new ControlError(400, "The body is not JSON.", { cause });
  }
  if (Array.isArray(value)) throw new ControlError(400, "The body is a list; it has to be an object.");
  return checked(schema, value);
}

/** @returns the value as the schema reads it. @throws ControlError (400) with the first thing that is wrong. */
export function checked<Output>(schema: v.GenericSchema<unknown, Output>, value: unknown): Output {
  const read = v.safeParse(schema, value);
  if (read.success) return read.output;
  const [issue] = read.issues;
  const path = v.getDotPath(issue);
  const message = issue.message.replace(/^Invalid \w+: /, "").replace("Expected never but received", "unknown member");
  throw new ControlError(400, `${path === null ? "The body" : `Member "${path}"`}: ${message}.`);
}
