import { type AccessToken, readToken } from "./access-token.ts";
import { type Signer, signedHeaders } from "./signature.ts";
import { notGranted, plain, TokenError, type TokenErrorCode } from "./token-error.ts";

/** What is asked of the broker beyond the token that it has. */
export type BrokerRequest = {
  /** Least life in seconds; the broker's own default where undefined. */
  readonly minimumSeconds: number | undefined;
  /** Fingerprint of an access token that the provider answered with 401. */
  readonly rejected: string | undefined;
  /** How long to wait for the answer, in milliseconds. */
  readonly patience: number;
};

/** @throws TokenError with the broker's own code, `forbidden`, or `broker_unavailable` */
export type AskBroker = (connection: string, request: BrokerRequest) => Promise<AccessToken>;

/**
 * Asks the broker for tokens, over its route `GET /v1/connections/{provider}/{account}/access-token`.
 *
 * @param url of the broker, without a slash at its end
 * @param signer looked up for each request, since credentials run out; undefined where there are none
 * @param now epoch milliseconds
 */
export function brokerTokens(
  url: string,
  fetch: typeof globalThis.fetch,
  signer: () => Promise<Signer | undefined>,
  now: () => number,
): AskBroker {
  return async (connection, { minimumSeconds, rejected, patience }) => {
    const target = new URL(`${url}/v1/connections/${connection}/access-token`);
    if (minimumSeconds !== undefined) target.searchParams.set("minimum_seconds", String(Math.ceil(minimumSeconds)));
    if (rejected !== undefined) target.searchParams.set("rejected", rejected);
    let response: Response;
    let body: unknown;
    try {
      const identity = await signer();
      const headers = identity === undefined ? {} : signedHeaders(target, identity, now());
      // A signature is for the broker alone.
      response = await fetch(target, { headers, redirect: "error", signal: AbortSignal.timeout(patience) });
      body = await response.json().catch(() => undefined);
    } catch (error) {
      throw unavailable(connection, "could not be reached", plain((error as Error).cause ?? error));
    }
    const token = response.ok ? readToken(body) : undefined;
    if (token !== undefined) return token;
    throw refusal(connection, response, body);
  };
}

function unavailable(connection: string, what: string, cause?: unknown): TokenError {
  const message = `The broker ${what}, so there is no token of ${connection}. Ask again.`;
  return new TokenError("broker_unavailable", connection, message, { cause });
}

/** What the broker's problem document says (RFC 9457), or what the status means where API Gateway answered in its place. */
function refusal(connection: string, { status, headers }: Response, body: unknown): TokenError {
  const { code, detail } = (body ?? {}) as { readonly code?: unknown; readonly detail?: unknown };
  if (typeof code === "string" && typeof detail === "string") {
    const retryAfterSeconds = Number(headers.get("retry-after")) || undefined;
    return new TokenError(code as TokenErrorCode, connection, detail, { retryAfterSeconds });
  }
  if (status !== 401 && status !== 403) return unavailable(connection, `answered ${status}`);
  return new TokenError("forbidden", connection, notGranted(connection, "from the broker"));
}
