import type { JsonObject } from "./aws-service.ts";

/** A refusal in the shape in which AWS sends it. Thrown by operations; whoever answers the request writes it out. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** The JSON body as sent: `__type` and, where the service gives one, `message` or `Message`. */
  readonly body: JsonObject;

  constructor(code: string, status: number, body: JsonObject) {
    super(typeof body["message"] === "string" ? body["message"] : code);
    this.name = "AwsError";
    this.code = code;
    this.status = status;
    this.body = body;
  }
}

/**
 * Makes an error as KMS, EventBridge and the protocol itself send it, with a lower-case `message`.
 *
 * @param message what happened and what to do; undefined where AWS sends none. Never a secret value.
 * @param status HTTP status, 400 unless given.
 */
export function awsError(code: string, message: string | undefined, status = 400): AwsError {
  return new AwsError(code, status, { __type: code, message });
}

/** Makes an error as Secrets Manager sends its modelled exceptions, with a capital `Message`. */
export function secretsManagerError(code: string, message: string): AwsError {
  return new AwsError(code, 400, { __type: code, Message: message });
}

/**
 * Makes the ValidationException for one member that breaks a constraint. The member's value is left out of the text,
 * as AWS does for sensitive members: it may be a secret.
 */
export function constraintError(member: string, constraint: string): AwsError {
  const name = member.charAt(0).toLowerCase() + member.slice(1);
  return awsError(
    "ValidationException",
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: ${constraint}`,
  );
}
