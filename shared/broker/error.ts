const statuses = {
  invalid_request: 400,
  forbidden: 403,
  connection_not_found: 404,
  provider_unknown: 404,
  reauthorization_required: 409,
  connection_revoked: 410,
  request_too_large: 413,
  grant_rejected: 422,
  token_just_issued: 429,
  internal_error: 500,
  client_credentials_rejected: 502,
  provider_unavailable: 503,
  refresh_in_progress: 503,
} as const;

export type ErrorCode = keyof typeof statuses;

/**
 * What a use case throws when it cannot do what it was asked. The message is for the caller's eyes: it says what
 * happened and what to do, and holds no token, code, secret or body.
 */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  readonly code: ErrorCode;
  /** Seconds after which asking again makes sense; set with 429 and 503. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterSeconds?: number } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The HTTP status that goes with a code. */
export function httpStatus(code: ErrorCode): number {
  return statuses[code];
}
