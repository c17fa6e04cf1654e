import type { Failure } from "../oauth/failure.ts";
import { isCertificateError } from "../oauth/transport-error.ts";
import type { FailedCandidate } from "./candidate-attempt.ts";
import type { Connection } from "./connection.ts";
import { BrokerError } from "./error.ts";
import { failedError } from "./read-access-token.ts";

/** By the words of the fetch for customers' hosts. */
const refusedOrigins: ReadonlyMap<string, string> = new Map([
  [
    "address_refused",
    "The origin's host has an address that is not on the internet. Name one that has public ones only.",
  ],
  ["origin_refused", "The origin is not one that may be given here. Name the https origin of the customer's host."],
]);

/**
 * The error for a refresh token that was handed in and not accepted, with what to do about it.
 *
 * @param known what was stored before
 * @param now epoch milliseconds
 */
export function candidateError(known: Connection, result: FailedCandidate, now: number): BrokerError {
  const { id } = known;
  const { code, error, failure, pending, retryAt } = result;
  const options = { retryAfterSeconds: Math.max(1, Math.ceil((retryAt - now) / 1000)) };
  if (code === "grant_rejected") {
    return new BrokerError(code, `The provider refused this refresh token for ${id}. Nothing was changed.`);
  }
  if (code === "client_credentials_rejected" && error !== undefined) {
    return new BrokerError(
      code,
      `${error.message} Nothing was stored for ${id}: send the refresh token again.`,
      options,
    );
  }
  if (code !== "provider_unavailable") return failedError(code, { ...known, retry: { at: retryAt, code } }, now);
  if (pending) {
    const message = `The provider's answer for ${id} was lost. The refresh token is kept and tried again; look at the connection in a while.`;
    return new BrokerError(code, message, options);
  }
  const way = failure === undefined ? undefined : wayThere(failure);
  const refused = refusedOrigins.get(way ?? "");
  if (refused !== undefined)
    return new BrokerError("invalid_request", `${refused} Nothing was sent there, nor stored.`);
  const again = `Nothing was stored for ${id}: send the refresh token again`;
  if (way !== undefined && isCertificateError(way)) {
    const message = `The host's certificate was refused (${way}), and nothing was sent there. ${again} when it has another, or with another origin.`;
    return new BrokerError(code, message, options);
  }
  return new BrokerError(code, `The provider does not answer as it should. ${again}.`, options);
}

/** What failed before anything arrived. Where something did, the same word would be the host's own. */
function wayThere({ status, reason }: Failure): string | undefined {
  return status === undefined ? reason : undefined;
}
