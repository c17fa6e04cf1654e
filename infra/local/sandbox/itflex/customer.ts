import type { GrantBook } from "../grants/grant-book.ts";
import type { Grant } from "../grants/grant-records.ts";
import type { ReceivedRequest } from "../http/received-request.ts";

/**
 * Whose host a request is meant for: every customer has one of its own, here `/itflex/{customer}`.
 *
 * @returns undefined for `/itflex` itself, which answers for all of them.
 */
export function customerOf(request: ReceivedRequest): string | undefined {
  const segment = /^\/itflex\/([^/]+)\/api\//.exec(request.path)?.[1];
  if (segment === undefined) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** @returns where a customer's iTFLEX is, on the sandbox's port. */
export function originOf(customer: string, port: string): string {
  return `http://127.0.0.1:${port}/itflex/${encodeURIComponent(customer)}`;
}

/** @returns whether a key is known at the host that the request is meant for. */
export function isKnownThere(request: ReceivedRequest, grant: Grant | undefined): grant is Grant {
  const customer = customerOf(request);
  return grant !== undefined && (customer === undefined || grant.account === customer);
}

/** @returns a customer's keys, deleted ones too: a key's number is its place, from 1. */
export function keysOf(grants: GrantBook, account: string): readonly Grant[] {
  return [...grants.grants()].filter((grant) => grant.account === account);
}
