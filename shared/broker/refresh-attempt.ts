import type { Failure } from "../oauth/failure.ts";
import type { TokenSet } from "../oauth/token-set.ts";
import type { ClientCredentials, Provider } from "../providers/provider.ts";
import { beginAttempt, endAttempt, later } from "./attempt.ts";
import { backOff, condemn, type FailedTry } from "./attempt-writes.ts";
import { type CommitResult, commitTokens } from "./commit.ts";
import { type Connection, providerOf } from "./connection.ts";
import type { Author } from "./connection-change.ts";
import { BrokerError, type ErrorCode } from "./error.ts";
import { requireProvider } from "./known-provider.ts";
import type { Invocation, Ports, VaultKey } from "./ports.ts";
import { readClient } from "./read-client.ts";
import { redeem } from "./redeem.ts";
import type { Pass } from "./refresh-gate.ts";
import { backoffMilliseconds, lateReplayAt } from "./refresh-schedule.ts";
import { isBelieved, refusalsInARow } from "./refusal.ts";
import { wereReplaced } from "./refused-credentials.ts";
import { finishRevoking } from "./revocation-writes.ts";
import { revokeReceived } from "./revoke-received.ts";
import { openTokenSet } from "./sealed-token-set.ts";
import { timing } from "./timing.ts";

export type RefreshPorts = Pick<
  Ports,
  | "connections"
  | "vault"
  | "clientCredentials"
  | "providers"
  | "fetchFor"
  | "clock"
  | "random"
  | "log"
  | "metrics"
  | "settings"
>;

export type AttemptResult =
  | { readonly kind: "committed"; readonly connection: Connection; readonly tokens: TokenSet }
  /** Somebody else was faster, or knows better by now: decide anew. */
  | { readonly kind: "overtaken" }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly connection: Connection };

type Prepared = { readonly key: VaultKey; readonly tokens: TokenSet; readonly client: ClientCredentials };

/**
 * One try to refresh a connection: begin, prepare, redeem, commit.
 *
 * The order is the protocol. The lease and the attempt are durable before anything is prepared; all that can fail
 * without spending the refresh token has been done before it is sent; and once an answer is there, the commit is the
 * very next thing. What the commit owes is discharged by the caller.
 *
 * @param known the connection as the decision to refresh saw it
 * @throws errors of the store in `begin`; nothing was spent
 */
export async function attemptRefresh(
  ports: RefreshPorts,
  known: Connection,
  invocation: Invocation,
  fromRejected: boolean,
  pass?: Pass,
): Promise<AttemptResult> {
  const provider = requireProvider(ports.providers, providerOf(known));
  const begun = await beginAttempt(ports, known, "refresh", invocation);
  if (begun === undefined) return { kind: "overtaken" };
  const { connection, author } = begun;

  // What is let through an open breaker has to find out about the credentials that are stored now.
  if (pass !== undefined && pass.way !== "open") ports.clientCredentials.forget(provider.id);
  const prepared = await prepare(ports, provider, connection, author).catch((error: unknown) => ({ error }));
  if ("error" in prepared) return failUnspent(ports, connection, author, prepared.error);

  const { tokens, client, key } = prepared;
  const redemption = await redeem(ports, provider, connection.origin, client, { ...tokens, current: tokens });
  if (!redemption.ok) return settleFailure(ports, provider, connection, author, client, redemption.failure, pass);

  const consumed = { kind: "generation", generation: connection.generation } as const;
  const received = { tokens: redemption.tokens, usable: redemption.usable, fromRejected };
  const committed = await commitTokens(ports, connection, consumed, received, key, author);
  if (committed.kind === "revoked") {
    await revokeReceived(ports, provider, connection, client, redemption.tokens, author, invocation);
  }
  await pass?.gate.succeeded(pass);
  return reportCommit(ports, connection, author, committed, redemption.tokens);
}

/** All that can fail before the refresh token is spent fails here. */
async function prepare(
  ports: RefreshPorts,
  provider: Provider,
  connection: Connection,
  author: Author,
): Promise<Prepared> {
  if (connection.tokens === null || connection.committedBy === null) {
    throw new BrokerError("internal_error", `${connection.id} holds no token set although it is ${connection.status}.`);
  }
  const [key, client] = await Promise.all([
    ports.vault.openKey(connection.id, connection.tokens),
    readClient(ports, provider),
  ]);
  const tokens = await openTokenSet(key, connection.tokens, connection.committedBy);
  if (ports.clock.now() - author.now > timing.latestRedeem) {
    throw new BrokerError(
      "provider_unavailable",
      "Preparing the refresh took so long that the lease could end during it.",
    );
  }
  return { key, tokens, client };
}

async function failUnspent(
  ports: RefreshPorts,
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
async function settleFailure(
  ports: RefreshPorts,
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
async function settleReplaced(ports: RefreshPorts, connection: Connection, author: Author): Promise<AttemptResult> {
  const code = "client_credentials_rejected";
  const retryAt = ports.clock.now() + backoffMilliseconds(1, ports.random.fraction(), undefined);
  return endFailed(ports, connection, author, { code, unknown: false, retryAt, degrades: false });
}

async function settleFailed(
  ports: RefreshPorts,
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
  ports: RefreshPorts,
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
  ports: RefreshPorts,
  connection: Connection,
  author: Author,
  refusals: number,
): Promise<AttemptResult> {
  const code = "provider_unavailable";
  const retryAt = ports.clock.now() + backoffMilliseconds(connection.tries + 1, ports.random.fraction(), undefined);
  return endFailed(ports, connection, author, { code, unknown: false, retryAt, degrades: true, refusals });
}

async function endFailed(
  ports: RefreshPorts,
  connection: Connection,
  author: Author,
  failed: FailedTry,
): Promise<AttemptResult> {
  const after = await endAttempt(ports, connection, backOff(connection, failed, later(ports, author)));
  if (after === undefined) return { kind: "overtaken" };
  return { kind: "failed", code: failed.code, connection: after };
}

/** Says how a commit ended, and turns it into what the caller does next. */
export function reportCommit(
  ports: Pick<Ports, "log">,
  connection: Connection,
  author: Author,
  result: CommitResult,
  tokens: TokenSet,
): AttemptResult {
  switch (result.kind) {
    case "committed":
      // The schedule's successes are counted. A line for each would cost more than all the rest.
      ports.log[author.actor === "schedule" ? "debug" : "info"]("Refreshed.", {
        ...identify(result.connection, author),
        ...describeStatus(result.connection),
        actor: author.actor,
      });
      return { kind: "committed", connection: result.connection, tokens };
    case "failed":
      ports.log.error(
        "A refreshed token set could not be stored. The attempt stays open, and the next sweep resolves it.",
        { ...identify(connection, author), code: "internal_error", unknown: true, error: result.error },
      );
      return { kind: "failed", code: "internal_error", connection };
    default:
      ports.log.info("A refresh was overtaken.", { ...identify(connection, author), outcome: result.kind });
      return { kind: "overtaken" };
  }
}

/** When a refresh token that may be spent can be presented again: at once, or late where that may end the whole grant. */
export function replayNotBefore(provider: Provider, connection: Connection): number {
  const { issuedAt, expiresAt } = connection;
  if (provider.rotation !== "single-use-family" || issuedAt === null || expiresAt === null) return 0;
  // Whoever made an attempt that is still open may only stand still, also where the access token is over.
  const open = connection.attempt !== null && !connection.attempt.ended ? connection.attempt.leaseUntil : 0;
  return Math.max(lateReplayAt({ issuedAt, expiresAt }), open + timing.standstill);
}

/** The fields by which a log line is found again. */
export function identify(connection: Connection, author?: Author) {
  const { id, generation, sequence } = connection;
  return { connection: id, generation, sequence, ...(author === undefined ? {} : { attempt_id: author.by }) };
}

export function describeStatus(connection: Connection) {
  return { status: connection.status, ...(connection.reason === null ? {} : { reason: connection.reason }) };
}

export function describeFailure(failure: Failure) {
  return {
    outcome: failure.class,
    unknown: failure.unknown,
    // A token, too, can be made of the characters of an identifier. It is hardly ever without a digit, and short.
    provider_reason: /^([A-Za-z_]{1,40}|http_\d{3})$/.test(failure.reason) ? failure.reason : "unrecognised",
    ...(failure.status === undefined ? {} : { provider_status: failure.status }),
  };
}
