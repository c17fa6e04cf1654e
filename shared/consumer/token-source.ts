import { type AccessToken, defaultMinimum, newest } from "./access-token.ts";
import type { AskBroker } from "./broker-tokens.ts";
import type { ReadPublished } from "./published-tokens.ts";
import { sha256 } from "./signature.ts";
import { ended, TokenError } from "./token-error.ts";

/** What a token has to be like. */
export type Want = {
  /** Least life in seconds; the default where undefined. */
  readonly minimumSeconds: number | undefined;
  /** Fingerprint of the token that must not come again. */
  readonly rejected: string | undefined;
};

/**
 * Gets a token: the published one if it will do, and otherwise the broker's. While neither has what is wanted, a token that
 * still lives is better than none.
 *
 * @throws TokenError
 */
export type TokenSource = (connection: string, want: Want, known: AccessToken | undefined) => Promise<AccessToken>;

/** The broker waits for a refresh that is under way: its answer may take as long as API Gateway lets it. */
const patience = 29_000;
/** Where there is something to fall back on, nobody waits that long. */
const patienceWithFallback = 2_000;

/** First 16 hex digits of the SHA-256 of a token, as the broker takes a rejected one. */
export function fingerprint(accessToken: string): string {
  return sha256(accessToken).slice(0, 16);
}

/** True where a token is the one that was rejected. */
export function isRejected({ accessToken }: AccessToken, rejected: string | undefined): boolean {
  return rejected !== undefined && fingerprint(accessToken) === rejected;
}

/** True where a token has the life that is wanted. */
export function hasLife(token: AccessToken, minimumSeconds: number | undefined, now: number): boolean {
  const minimum = minimumSeconds === undefined ? defaultMinimum(token) : minimumSeconds * 1000;
  return token.expiresAt - now > minimum;
}

/**
 * @param askBroker undefined where no broker is known
 * @param now epoch milliseconds
 */
export function tokenSource(
  readPublished: ReadPublished,
  askBroker: AskBroker | undefined,
  now: () => number,
): TokenSource {
  return async (connection, want, known) => {
    const published = await readPublished(connection);
    const usable = (token: AccessToken | undefined) =>
      token !== undefined && token.expiresAt > now() && !isRejected(token, want.rejected) ? token : undefined;
    const best = newest(usable(published.token), usable(known));
    if (best !== undefined && hasLife(best, want.minimumSeconds, now())) return best;
    if (askBroker === undefined) {
      if (best !== undefined) return best;
      throw published.error ?? unavailable(connection, isRejected(published.token, want.rejected));
    }
    try {
      const request = { ...want, patience: best === undefined ? patience : patienceWithFallback };
      const answer = await askBroker(connection, request);
      return newest(best, answer) ?? answer;
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      if (best !== undefined && error.code !== "invalid_request" && !ended.has(error.code)) return best;
      error.cause ??= published.error;
      throw error;
    }
  };
}

function unavailable(connection: string, rejected: boolean): TokenError {
  const what = rejected ? "was rejected by the API" : "has expired";
  const message = `The published token of ${connection} ${what}, and no broker is set to be asked (CHAVEIRO_URL).`;
  return new TokenError("token_unavailable", connection, message);
}
