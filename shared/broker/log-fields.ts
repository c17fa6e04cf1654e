import type { Failure } from "../oauth/failure.ts";
import type { Connection } from "./connection.ts";
import type { Author } from "./connection-change.ts";

/** The fields by which a log line is found again. */
export function identify(connection: Connection, author?: Author) {
  const { id, generation, sequence } = connection;
  return { connection: id, generation, sequence, ...(author === undefined ? {} : { attempt_id: author.by }) };
}

/** How a connection stands, as a line of the log says it. */
export function describeStatus(connection: Connection) {
  return { status: connection.status, ...(connection.reason === null ? {} : { reason: connection.reason }) };
}

/** What a provider refused or did not answer, without anything of its words that could be a secret. */
export function describeFailure(failure: Failure) {
  return {
    outcome: failure.class,
    unknown: failure.unknown,
    // A token, too, can be made of the characters of an identifier. It is hardly ever without a digit, and short.
    provider_reason: /^([A-Za-z_]{1,40}|http_\d{3})$/.test(failure.reason) ? failure.reason : "unrecognised",
    ...(failure.status === undefined ? {} : { provider_status: failure.status }),
  };
}
