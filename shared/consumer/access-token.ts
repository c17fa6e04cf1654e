import type { PublishedSecret } from "../broker/published-secret.ts";

/** An access token as the client keeps it. */
export type AccessToken = {
  readonly accessToken: string;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Where it may be sent, and nowhere else. */
  readonly origin: string;
};

/** Wire names of what is published and of what the broker answers. */
type Wire = Partial<Record<keyof PublishedSecret | "access_token" | "issued_at" | "expires_at" | "origin", unknown>>;

/**
 * Reads a token from what was published or answered.
 *
 * @param value parsed JSON
 * @returns undefined where it is something else
 */
export function readToken(value: unknown): AccessToken | undefined {
  const { access_token: accessToken, issued_at, expires_at, origin } = (value ?? {}) as Wire;
  const issuedAt = Date.parse(String(issued_at));
  const expiresAt = Date.parse(String(expires_at));
  // Anything else in it would be quoted by whoever refuses it as a header.
  if (typeof accessToken !== "string" || !/^[!-~]+$/.test(accessToken) || typeof origin !== "string") return undefined;
  // Neither is a number where it is no time.
  return issuedAt < expiresAt ? { accessToken, issuedAt, expiresAt, origin } : undefined;
}

/** The least life in milliseconds that a token has to have left where nobody names another: a minute, or a tenth of it. */
export function defaultMinimum({ issuedAt, expiresAt }: AccessToken): number {
  return Math.min(60_000, (expiresAt - issuedAt) / 10);
}

/** @returns the one that was issued last; of two that were issued together, the first */
export function newest(one: AccessToken | undefined, other: AccessToken | undefined): AccessToken | undefined {
  return one === undefined || (other !== undefined && other.issuedAt > one.issuedAt) ? other : one;
}
