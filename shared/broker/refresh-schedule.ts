const hour = 3_600_000;

/** Share of its life after which an access token is refreshed: from the first number on, spread over the second. */
const shares = { short: { from: 0.6, spread: 0.15 }, long: { from: 0.75, spread: 0.15 } } as const;

/**
 * When to refresh ahead: at 75 to 90 % of the access token's life, 60 to 75 % for lives up to an hour.
 *
 * Where in that range is decided by a hash of the connection id, so that connections made in one minute do not all come
 * back in one minute.
 *
 * @param tokens epoch milliseconds
 * @returns epoch milliseconds
 */
export function refreshAt(id: string, tokens: { readonly issuedAt: number; readonly expiresAt: number }): number {
  const life = tokens.expiresAt - tokens.issuedAt;
  const share = life <= hour ? shares.short : shares.long;
  return tokens.issuedAt + Math.floor(life * (share.from + share.spread * hashFraction(id)));
}

const backoff = { first: 2_000, longest: 600_000 } as const;

/**
 * How long to leave a provider alone after a failed try: 2 s doubling to 10 min, half of it jitter, and never less than
 * the provider asked for.
 *
 * @param tries failed tries in a row, 1 for the first
 * @param fraction random number from 0 to 1
 * @param retryAfterMilliseconds what the provider asked for
 * @returns milliseconds
 */
export function backoffMilliseconds(
  tries: number,
  fraction: number,
  retryAfterMilliseconds: number | undefined,
): number {
  const full = Math.min(backoff.longest, backoff.first * 2 ** Math.min(tries - 1, 20));
  return Math.max(Math.floor(full / 2 + (full / 2) * fraction), retryAfterMilliseconds ?? 0);
}

/**
 * When the refresh token of an attempt without a known outcome may be presented again where doing so may end the whole
 * grant: with 10 % of the access token's life left, so that a working token is not put at risk early.
 */
export function lateReplayAt(tokens: { readonly issuedAt: number; readonly expiresAt: number }): number {
  return tokens.expiresAt - Math.floor((tokens.expiresAt - tokens.issuedAt) / 10);
}

/** FNV-1a over the text, as a number from 0 to just below 1. */
export function hashFraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) / 0x1_0000_0000;
}
