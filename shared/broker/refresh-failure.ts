import type { Failure } from "../oauth/failure.ts";
import type { ClientCredentials, Provider } from "../providers/provider.ts";
import { endAttempt, later } from "./attempt.ts";
import type { AttemptResult } from "./attempt-result.ts";
import { backOff, condemn, type FailedTry } from "./attempt-writes.ts";
import type { Connection } from "./connection.ts";
import type { Author } from "./connection-change.ts";
import { BrokerError } from "./error.ts";
import { describeFailure, describeStatus, identify } from "./log-fields.ts";
import type { Ports } from "./ports.ts";
import type { Pass } from "./refresh-gate.ts";
import { backoffMilliseconds, lateReplayAt } from "./refresh-schedule.ts";
import { isBelieved, refusalsInARow } from "./refusal.ts";
import { wereReplaced } from "./refused-credentials.ts";
import { finishRevoking } from "./revocation-writes.ts";
import { timing } from "./timing.ts";

type FailurePorts = Pick<Ports, "connections" | "clientCredentials" | "clock" | "random" | "log">;

/** Writes that an attempt ended before anything was sent. */
export async function failUnspent(
  ports: FailurePorts,
  connection: Connection,
  author: Author,
  error: unknown,
): Promise<AttemptResult> {
  const code = error instanceof BrokerError ? error.code : "internal_error";
  ports.log.error("A refresh could not be prepared; nothing was spent.", {
    ...identify(connection, author),
    code,
    error,
  });
  const retryAt = ports.clock.now() + backoffMilliseconds(connection.tries + 1, ports.random.fraction(), undefined);
  const degrades = code !== "client_credentials_rejected";
  const { refusals } = connection;
  return endFailed(ports, connection, author, { code, unknown: false, retryAt, degrades, refusals });
}

/** Writes what a refused or unanswered redemption means for the connection. */
export async function settleFailure(
  ports: FailurePorts,
  provider: Provider,
  connection: Connection,
  author: Author,
  client: ClientCredentials,
  failure: Failure,
  pass: Pass | undefined,
): Promise<AttemptResult> {
  ports.log.warn("A refresh failed.", { ...identify(connection, author), ...describeFailure(failure) });
  if (failure.class === "client" && (await wereReplaced(ports, provider.id, client))) {
    return settleReplaced(ports, connection, author);
  }
  const result =
    failure.class === "grant"
      ? await settleRefusal(ports, provider, connection, author)
      : await settleFailed(ports, provider, connection, author, failure, pass);
  await pass?.gate.failed(pass, connection.id, failure);
  return result;
}

/** Refused were client credentials that the operator has replaced: it says nothing about anybody, and is soon tried again. */
async function settleReplaced(ports: FailurePorts, connection: Connection, author: Author): Promise<AttemptResult> {
  const code = "client_credentials_rejected";
  const retryAt = ports.clock.now() + backoffMilliseconds(1, ports.random.fraction(), undefined);
  return endFailed(ports, connection, author, { code, unknown: false, retryAt, degrades: false });
}

async function settleFailed(
  ports: FailurePorts,
  provider: Provider,
  connection: Connection,
  author: Author,
  failure: Failure,
  pass: Pass | undefined,
): Promise<AttemptResult> {
  const isAlone = failure.class === "client" && (await isAloneWithIt(connection, pass));
  const unknown = failure.unknown || connection.unknown;
  const backoff = backoffMilliseconds(connection.tries + 1, ports.random.fraction(), failure.retryAfterMilliseconds);
  const retryAt = Math.max(ports.clock.now() + backoff, unknown ? replayNotBefore(provider, connection) : 0);
  const code = failure.class === "client" ? "client_credentials_rejected" : "provider_unavailable";
  return endFailed(ports, connection, author, {
    code,
    unknown: failure.unknown,
    retryAt,
    degrades: failure.class !== "client" || isAlone,
  });
}

/** True where our client credentials were refused before, and accepted for others in between: then it is this connection. */
async function isAloneWithIt(connection: Connection, pass: Pass | undefined): Promise<boolean> {
  if (pass === undefined || connection.lastRefresh?.code !== "client_credentials_rejected") return false;
  return !(await pass.gate.isCommonFailure(pass.endpoint, connection.id));
}

/** The provider says that the grant is dead. Believed only while the item still shows what was presented to it. */
async function settleRefusal(
  ports: FailurePorts,
  provider: Provider,
  connection: Connection,
  author: Author,
): Promise<AttemptResult> {
  const found = await ports.connections.read(connection.id);
  if (found === undefined || found.generation !== connection.generation || found.attempt?.id !== author.by) {
    return { kind: "overtaken" };
  }
  // The operator did not wait for this attempt. There is no token set any more that could be dead.
  if (found.status === "revoked") return { kind: "overtaken" };
  const refusals = refusalsInARow(found, author.now);
  if (!isBelieved(provider, found, refusals)) return settleDoubted(ports, found, author, refusals);
  const write =
    found.status === "revoking"
      ? finishRevoking(found, found.unknown ? "abandoned" : "already_invalid", later(ports, author), false)
      : condemn(found, found.unknown ? "lost_rotation" : (found.reason ?? "grant_rejected"), later(ports, author));
  const after = await endAttempt(ports, found, write);
  if (after === undefined) return { kind: "overtaken" };
  ports.log.warn("The provider ended a grant.", {
    ...identify(after, author),
    ...describeStatus(after),
    actor: author.actor,
  });
  return { kind: "failed", code: "reauthorization_required", connection: after };
}

/** A refusal that others have to follow before it is believed: written down, and the refresh token is tried again. */
async function settleDoubted(
  ports: FailurePorts,
  connection: Connection,
  author: Author,
  refusals: number,
): Promise<AttemptResult> {
  const code = "provider_unavailable";
  const retryAt = ports.clock.now() + backoffMilliseconds(connection.tries + 1, ports.random.fraction(), undefined);
  return endFailed(ports, connection, author, { code, unknown: false, retryAt, degrades: true, refusals });
}

async function endFailed(
  ports: FailurePorts,
  connection: Connection,
  author: Author,
  failed: FailedTry,
): Promise<AttemptResult> {
  const after = await endAttempt(ports, connection, backOff(connection, failed, later(ports, author)));
  if (after === undefined) return { kind: "overtaken" };
  return { kind: "failed", code: failed.code, connection: after };
}

/** When a refresh token that may be spent can be presented again: at once, or late where that may end the whole grant. */
export function replayNotBefore(provider: Provider, connection: Connection): number {
  const { issuedAt, expiresAt } = connection;
  if (provider.rotation !== "single-use-family" || issuedAt === null || expiresAt === null) return 0;
  // Whoever made an attempt that is still open may only stand still, also where the access token is over.
  const open = connection.attempt !== null && !connection.attempt.ended ? connection.attempt.leaseUntil : 0;
  return Math.max(lateReplayAt({ issuedAt, expiresAt }), open + timing.standstill);
}
