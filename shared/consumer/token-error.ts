/**
 * What went wrong, for programs. Those of the broker's own answers (docs/consumers.md), and three of the client:
 *
 * - `token_unavailable`: there is no published token that could be used, and no broker to ask. Wait for the next refresh, or
 *   set `CHAVEIRO_URL`.
 * - `origin_refused`: a URL that is not of the connection's own origin was to be sent its token. Use a path instead.
 * - `broker_unavailable`: the broker could not be reached, and no token lives that could be used meanwhile. Try again.
 */
export type TokenErrorCode =
  | "invalid_request"
  | "forbidden"
  | "connection_not_found"
  | "provider_unknown"
  | "reauthorization_required"
  | "connection_revoked"
  | "request_too_large"
  | "grant_rejected"
  | "token_just_issued"
  | "internal_error"
  | "client_credentials_rejected"
  | "provider_unavailable"
  | "refresh_in_progress"
  | "token_unavailable"
  | "origin_refused"
  | "broker_unavailable";

/** Why there is no access token, and what to do about it. It holds neither a token nor anything that was answered. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  readonly code: TokenErrorCode;
  readonly connection: string;
  /** Where asking again makes sense, when. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: TokenErrorCode,
    connection: string,
    message: string,
    options: { readonly retryAfterSeconds?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.code = code;
    this.connection = connection;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** There will be no token until the account is connected again. */
export const ended: ReadonlySet<TokenErrorCode> = new Set(["connection_revoked", "reauthorization_required"]);

/** What others throw may hold what they sent and received: their words are kept, and not they themselves. */
export function plain(cause: unknown): Error {
  return new Error(String(cause));
}

/** What is wrong with a role that may not read something, and what to do about it. */
export function notGranted(connection: string, what: string): string {
  return `These AWS credentials may not read ${what}. Use broker.grantAccessToken(fn, "${connection}").`;
}
