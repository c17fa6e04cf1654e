import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { BrokerError, type ErrorCode, httpStatus } from "../broker/error.ts";

export type HttpAnswer = APIGatewayProxyStructuredResultV2;

const noStore = { "cache-control": "no-store" } as const;

/** A JSON document. */
export function json(status: number, body: unknown): HttpAnswer {
  return {
    statusCode: status,
    headers: { ...noStore, "content-type": "application/json", "x-content-type-options": "nosniff" },
    body: JSON.stringify(body),
  };
}

/** A redirect that a browser follows with GET. It carries no body and says nothing to the next page about this one. */
export function redirect(status: 302 | 303, location: string, cookies: readonly string[] = []): HttpAnswer {
  return {
    statusCode: status,
    headers: { ...noStore, location, "referrer-policy": "no-referrer" },
    cookies: [...cookies],
    body: "",
  };
}

/** What a prefetch gets. A browser throws an answer that is no success away, and asks again when a person means it. */
export const nothing: HttpAnswer = { statusCode: 503, headers: { ...noStore, "retry-after": "0" }, body: "" };

const titles: Record<ErrorCode, string> = {
  invalid_request: "The request is malformed",
  forbidden: "Not allowed",
  connection_not_found: "No such connection",
  provider_unknown: "No such provider",
  reauthorization_required: "The account has to be authorized again",
  connection_revoked: "The connection was revoked",
  request_too_large: "The request is too large",
  grant_rejected: "The provider refused the refresh token",
  token_just_issued: "The token was issued a moment ago",
  internal_error: "Something went wrong on our side",
  client_credentials_rejected: "Our client credentials are missing or were refused",
  provider_unavailable: "The provider does not answer as it should",
  refresh_in_progress: "A refresh is under way",
};

/** An error as a problem document. @see https://www.rfc-editor.org/rfc/rfc9457#section-3 */
export function problem(error: BrokerError): HttpAnswer {
  const status = httpStatus(error.code);
  const { code } = error;
  return {
    statusCode: status,
    headers: {
      ...noStore,
      "content-type": "application/problem+json",
      "x-content-type-options": "nosniff",
      ...(error.retryAfterSeconds === undefined ? {} : { "retry-after": String(error.retryAfterSeconds) }),
    },
    body: JSON.stringify({ type: "about:blank", title: titles[code], status, code, detail: error.message }),
  };
}

/** Turns anything that was thrown into what may be shown: our own errors as they are, all others as `internal_error`. */
export function presentable(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  return new BrokerError("internal_error", "Something went wrong on our side. Nothing is lost; ask again.", {
    cause: error,
  });
}
