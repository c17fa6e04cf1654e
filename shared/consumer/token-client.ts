import { abortable } from "./abortable.ts";
import { authorizedFetch } from "./authorized-fetch.ts";
import { awsIdentity } from "./aws-identity.ts";
import { brokerTokens } from "./broker-tokens.ts";
import { brokerUrlOf } from "./broker-url.ts";
import { publishedTokens } from "./published-tokens.ts";
import type { SecretsManager } from "./secrets-manager.ts";
import { singleFlight } from "./single-flight.ts";
import { tokenCache } from "./token-cache.ts";
import { ended, TokenError } from "./token-error.ts";
import { fingerprint, hasLife, isRejected, tokenSource, type Want } from "./token-source.ts";

export type TokenClientOptions = {
  /** Begins the names of the published secrets. `CHAVEIRO_PREFIX`, or `chaveiro`, where not given. */
  readonly prefix?: string;
  /** URL of the broker. `CHAVEIRO_URL` where not given; without either, only published tokens are read. */
  readonly brokerUrl?: string;
  /** Least life in seconds of the tokens handed out. The smaller of 60 and a tenth of the token's life where not given. */
  readonly minimumSeconds?: number;
  /** How requests carry the token: `cookie` is for iTFLEX alone. */
  readonly auth?: "bearer" | "cookie";
  /** What sends requests, to the API and to the broker. The global one where not given. */
  readonly fetch?: typeof globalThis.fetch;
  /** A client of `@aws-sdk/client-secrets-manager`. One is made where not given. */
  readonly secretsManager?: SecretsManager;
};

export type GetAccessTokenOptions = {
  /** Least life in seconds. A token that lives no longer is given only while there is no other to be had. */
  readonly minimumSeconds?: number;
  /** Ends the waiting; what others wait for goes on. */
  readonly signal?: AbortSignal;
};

/** Gives the access tokens of connections. Make one, outside the handler. */
export type TokenClient = {
  /**
   * The access token of a connection, such as `rd-station/acme`: from memory as long as it lives, then from where it is
   * published, then from the broker.
   *
   * @throws TokenError its `code` says what to do
   */
  getAccessToken(connection: string, options?: GetAccessTokenOptions): Promise<string>;
  /**
   * Sends a request with a connection's token to the connection's own origin. An answer of 401 has the token replaced and
   * the request sent once more, where its body can be; a second 401 is the answer. Redirects are followed; the token goes
   * along within the origin only.
   *
   * @param input a path that begins with a slash, or a URL or Request within the connection's origin
   * @throws TokenError where there is no token, or the URL is elsewhere; and what `fetch` throws
   */
  fetch(connection: string, input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The access token that is in memory and lives, without asking anybody. */
  peek(connection: string): string | undefined;
  /**
   * Forgets a connection's token.
   *
   * @param rejected the token that the API has answered with 401: it will not be handed out again
   */
  invalidate(connection: string, rejected?: string): void;
};

const mostConnections = 10_000;
const connectionPattern = /^[a-z][a-z0-9-]{0,31}\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Makes a client. Nothing is read until a token is asked for.
 *
 * @throws TokenError `invalid_request` where the broker's URL is neither https nor on this machine
 */
export function createTokenClient(options: TokenClientOptions = {}): TokenClient {
  const { auth = "bearer", minimumSeconds, fetch = globalThis.fetch } = options;
  const prefix = options.prefix ?? (process.env["CHAVEIRO_PREFIX"] || "chaveiro");
  const brokerUrl = brokerUrlOf(options.brokerUrl ?? process.env["CHAVEIRO_URL"]);
  const now = () => Date.now();
  const identity = awsIdentity(options.secretsManager);
  const cache = tokenCache(mostConnections, minimumSeconds, now);
  const readToken = tokenSource(
    publishedTokens(prefix, identity.readSecret),
    brokerUrl === undefined ? undefined : brokerTokens(brokerUrl, fetch, identity.signer, now),
    now,
  );

  const flights = singleFlight(
    async (connection, want, isBackground) => {
      try {
        // In the background it is looked for a newer one: the one that is known would do.
        const token = await readToken(connection, want, isBackground ? undefined : cache.get(connection)?.token);
        cache.keep(connection, token);
        return token;
      } catch (error) {
        if (error instanceof TokenError && ended.has(error.code)) cache.forget(connection);
        throw error;
      }
    },
    (token, want) => hasLife(token, want.minimumSeconds, now()) && !isRejected(token, want.rejected),
  );

  /** From memory where it will do. */
  async function obtain(connection: string, wanted: number | undefined, signal: AbortSignal | undefined) {
    if (!connectionPattern.test(connection)) {
      const message = `"${connection}" is no connection. Write {provider}/{account}.`;
      throw new TokenError("invalid_request", connection, message);
    }
    signal?.throwIfAborted();
    const entry = cache.get(connection);
    const want: Want = { minimumSeconds: wanted ?? minimumSeconds, rejected: entry?.rejected };
    if (entry?.token !== undefined && hasLife(entry.token, want.minimumSeconds, now())) {
      if (cache.isRenewalDue(entry)) flights.readInBackground(connection, want);
      return entry.token;
    }
    return abortable(flights.read(connection, want), signal);
  }

  /** Where there is no other, the rejected one stays in use: it may have been refused for what was asked, and not for itself. */
  async function replace(connection: string, rejected: string, signal: AbortSignal | undefined) {
    const entry = cache.get(connection);
    if (entry?.token !== undefined && entry.token.accessToken !== rejected) return entry.token;
    if (entry !== undefined && now() < entry.aloneUntil) return undefined;
    const want: Want = { minimumSeconds, rejected: fingerprint(rejected) };
    try {
      return await abortable(flights.read(connection, want), signal);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      if (ended.has(error.code)) cache.forget(connection, rejected);
      else if (entry !== undefined) entry.aloneUntil = now() + (error.retryAfterSeconds ?? 1) * 1000;
      if (ended.has(error.code) || error.code === "forbidden") throw error;
      return undefined;
    }
  }

  return Object.freeze({
    getAccessToken(connection: string, options?: GetAccessTokenOptions) {
      // Without an await: this is what every invocation goes through, and nearly always it is all there is to do.
      const entry = options === undefined ? cache.get(connection) : undefined;
      if (entry?.answer !== undefined && now() < entry.quietUntil) return entry.answer;
      return obtain(connection, options?.minimumSeconds, options?.signal).then(({ accessToken }) => accessToken);
    },
    fetch: authorizedFetch({
      fetch,
      auth,
      current: (connection, signal) => obtain(connection, undefined, signal),
      replace,
      cookieOf: cache.cookieOf,
      keepCookie: cache.keepCookie,
    }),
    peek(connection: string) {
      const token = cache.get(connection)?.token;
      return token !== undefined && token.expiresAt > now() ? token.accessToken : undefined;
    },
    invalidate: cache.forget,
  });
}
