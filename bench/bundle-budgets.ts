/** The functions that redeem or hand out tokens, and carry what opens token sets. */
export const redeemingFunctions: readonly string[] = ["access-token", "callback", "import", "refresh", "revoke"];

/** How many times as long as the bare AWS clients a function's first call may take, from the start of its process. */
export const mostTimesTheClients = 1.3;

/** How large the minified bundle of a function may be, in KiB. */
export function mostKibibytes(name: string): number {
  return redeemingFunctions.includes(name) ? 420 : 360;
}
