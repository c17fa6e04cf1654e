import { BrokerError } from "./error.ts";

/** `{provider}/{account}`, as people, logs and secret names write it. */
export type ConnectionId = `${string}/${string}`;

const providerPattern = /^[a-z][a-z0-9-]{0,31}$/;
const accountPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Joins a provider and the caller's own name for an account.
 *
 * @throws BrokerError `invalid_request` where either is malformed; show it to the caller.
 */
export function connectionId(provider: string, account: string): ConnectionId {
  if (!providerPattern.test(provider)) {
    throw new BrokerError(
      "invalid_request",
      "The provider in the path is malformed: lower-case letters, digits and hyphens.",
    );
  }
  if (!accountPattern.test(account)) {
    throw new BrokerError(
      "invalid_request",
      "The account in the path is malformed: 1 to 64 letters, digits, dots, underscores and hyphens, starting with a letter or digit.",
    );
  }
  return `${provider}/${account}`;
}

/** Takes a connection id apart again. The account holds no slash, so the first one separates. */
export function splitConnectionId(id: ConnectionId): { readonly provider: string; readonly account: string } {
  const slash = id.indexOf("/");
  return { provider: id.slice(0, slash), account: id.slice(slash + 1) };
}
