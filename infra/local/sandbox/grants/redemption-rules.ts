import type { Code, Grant, RefreshToken } from "./grant-records.ts";

/** What becomes of a refresh token when it is redeemed. */
export type Rotation = "same" | "new-old-still-valid" | "new-old-dies";

export type CodeVerdict = "good" | "unknown" | "expired";
export type JudgedRefreshToken =
  | { readonly verdict: "good" | "dead" | "expired"; readonly token: RefreshToken; readonly grant: Grant }
  | { readonly verdict: "unknown" };

/**
 * Judges an authorization code.
 *
 * @param input.codeSeconds how long a code lives.
 * @param input.now epoch milliseconds.
 * @returns `unknown` also for a code of another client; `expired` also for one that was redeemed before.
 */
export function judgeCode(
  code: Code | undefined,
  input: { readonly clientId: string; readonly codeSeconds: number; readonly now: number },
): CodeVerdict {
  if (code === undefined || code.clientId !== input.clientId) return "unknown";
  return code.redeemedAt !== null || input.now > code.issuedAt + input.codeSeconds * 1000 ? "expired" : "good";
}

/**
 * Judges a refresh token.
 *
 * @param input.now epoch milliseconds.
 * @param input.idleSeconds how long one lives without being used; for ever where it is undefined.
 * @returns `dead` where it was replaced and its grace is over, or its grant has ended; `expired` where it was not used.
 */
export function judgeRefreshToken(
  token: RefreshToken | undefined,
  grant: Grant | undefined,
  input: { readonly clientId: string; readonly now: number; readonly idleSeconds?: number },
): JudgedRefreshToken {
  if (token === undefined || grant === undefined || grant.clientId !== input.clientId) return { verdict: "unknown" };
  const dead = grant.endedAt !== null || isReplaced(token, input.now);
  if (dead) return { verdict: "dead", token, grant };
  return { verdict: isIdle(token, input) ? "expired" : "good", token, grant };
}

/** @returns whether a refresh token has not been used for longer than it may. `now`: epoch milliseconds. */
export function isIdle(
  token: RefreshToken,
  input: { readonly now: number; readonly idleSeconds?: number | undefined },
): boolean {
  return input.idleSeconds !== undefined && input.now >= token.usedAt + input.idleSeconds * 1000;
}

/** @returns whether a refresh token was replaced and its grace is over. `now`: epoch milliseconds. */
export function isReplaced(token: RefreshToken, now: number): boolean {
  return token.diesAt !== null && now >= token.diesAt;
}

/**
 * What redeeming a good refresh token does to it.
 *
 * @returns `issueNew`: whether the answer carries another one; `diesAt`: from when the redeemed one is dead, epoch
 * milliseconds. A token redeemed again within its grace keeps the end it had.
 */
export function planRotation(
  token: RefreshToken,
  input: { readonly rotation: Rotation; readonly graceSeconds: number; readonly now: number },
): { readonly issueNew: boolean; readonly diesAt: number | null } {
  if (input.rotation === "same") return { issueNew: false, diesAt: token.diesAt };
  if (input.rotation === "new-old-still-valid") return { issueNew: true, diesAt: token.diesAt };
  return { issueNew: true, diesAt: token.diesAt ?? input.now + input.graceSeconds * 1000 };
}
