import { type AccessToken, defaultMinimum } from "./access-token.ts";
import { fingerprint, isRejected } from "./token-source.ts";

/** What is kept for a connection. */
export type CacheEntry = {
  token?: AccessToken | undefined;
  /** The token, as every reader gets it. */
  answer?: Promise<string> | undefined;
  /** Until when it is handed out without a look at anything else, in epoch milliseconds. */
  quietUntil: number;
  /** From when on it is looked, beside that, whether there is a newer one, in epoch milliseconds. */
  renewAt: number;
  /** Until when nobody is asked for another token in place of one that the API rejects, in epoch milliseconds. */
  aloneUntil: number;
  /** Fingerprint of a token that the API has rejected. */
  rejected?: string | undefined;
  /** A token that came by `Set-Cookie`, and until when it is used, in epoch milliseconds. */
  cookie?: { readonly accessToken: string; readonly until: number } | undefined;
};

export type TokenCache = ReturnType<typeof tokenCache>;

/** Refreshes ahead begin when about three quarters of a token's life are over. */
const renewalBegins = 0.75;
/** Then it is looked again each time a twentieth of its life has gone by. */
const renewalStep = 0.05;

/**
 * Keeps tokens until they must not be used any more, and at most so many: the one that came first goes first.
 *
 * @param minimumSeconds least life of what is handed out; each token's own default where undefined
 * @param now epoch milliseconds
 */
export function tokenCache(limit: number, minimumSeconds: number | undefined, now: () => number) {
  const entries = new Map<string, CacheEntry>();

  function entryOf(connection: string): CacheEntry {
    const found = entries.get(connection);
    if (found !== undefined) return found;
    const [oldest = ""] = entries.size < limit ? [] : entries.keys();
    entries.delete(oldest);
    const entry: CacheEntry = { quietUntil: 0, renewAt: 0, aloneUntil: 0 };
    entries.set(connection, entry);
    return entry;
  }

  function quieten(entry: CacheEntry, token: AccessToken): void {
    const minimum = minimumSeconds === undefined ? defaultMinimum(token) : minimumSeconds * 1000;
    entry.quietUntil = Math.min(entry.renewAt, token.expiresAt - minimum);
  }

  return {
    get: (connection: string): CacheEntry | undefined => entries.get(connection),
    /** Keeps a token, unless it was rejected meanwhile, or issued earlier than what is there. */
    keep(connection: string, token: AccessToken): void {
      const entry = entryOf(connection);
      if (isRejected(token, entry.rejected)) return;
      if (entry.token !== undefined && entry.token.issuedAt > token.issuedAt) return;
      if (entry.token?.accessToken !== token.accessToken) {
        entry.renewAt = token.issuedAt + (token.expiresAt - token.issuedAt) * renewalBegins;
        entry.answer = Promise.resolve(token.accessToken);
        entry.aloneUntil = 0;
        // It may be of another host.
        entry.cookie = undefined;
      }
      entry.token = token;
      entry.rejected = undefined;
      quieten(entry, token);
    },
    /** @returns true where it is time to look for a newer token; the next time is then a while away */
    isRenewalDue(entry: CacheEntry): boolean {
      if (now() < entry.renewAt || entry.token === undefined) return false;
      entry.renewAt = now() + (entry.token.expiresAt - entry.token.issuedAt) * renewalStep;
      quieten(entry, entry.token);
      return true;
    },
    /** Forgets a token, and remembers it as one that must not come again where it was rejected. */
    forget(connection: string, rejected?: string): void {
      const entry = rejected === undefined ? entries.get(connection) : entryOf(connection);
      if (entry === undefined) return;
      if (rejected !== undefined) entry.rejected = fingerprint(rejected);
      if (rejected !== undefined && entry.token !== undefined && entry.token.accessToken !== rejected) return;
      entry.token = entry.answer = entry.cookie = undefined;
    },
    /** A token that came by `Set-Cookie`, as long as it may be used. */
    cookieOf(connection: string): string | undefined {
      const cookie = entries.get(connection)?.cookie;
      return cookie !== undefined && cookie.until > now() ? cookie.accessToken : undefined;
    },
    /** @param accessToken undefined to forget the one that is kept */
    keepCookie(connection: string, accessToken: string | undefined, maxAgeSeconds: number): void {
      const until = now() + maxAgeSeconds * 1000;
      entryOf(connection).cookie = accessToken === undefined ? undefined : { accessToken, until };
    },
  };
}
