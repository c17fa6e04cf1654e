import { connectionId, splitConnectionId } from "../broker/connection-id.ts";
import { BrokerError } from "../broker/error.ts";

/** Makes the cursor of a list of connections: where the next page begins, in a form that nobody reads anything into. */
export function listCursor(account: string): string {
  return Buffer.from(account).toString("base64url");
}

/**
 * Reads a cursor that `listCursor` has made.
 *
 * @returns the account after which the page begins
 * @throws BrokerError `invalid_request` for anything else
 */
export function readListCursor(provider: string, cursor: string): string {
  const account = Buffer.from(cursor, "base64url").toString();
  try {
    if (listCursor(account) === cursor) return splitConnectionId(connectionId(provider, account)).account;
  } catch {
    // Refused below: to the caller its cursor is wrong, and not an account that it never gave.
  }
  throw new BrokerError(
    "invalid_request",
    "cursor is not one that this list has given out. Begin again without a cursor.",
  );
}
