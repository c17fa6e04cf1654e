import type { Failure } from "../oauth/failure.ts";
import type { TokenSet } from "../oauth/token-set.ts";
import type { ClientCredentials, Provider } from "../providers/provider.ts";
import { beginAttempt, later, writeOwn } from "./attempt.ts";
import { reportCommit } from "./attempt-result.ts";
import { endCandidate, postponeCandidate } from "./attempt-writes.ts";
import { commitTokens } from "./commit.ts";
import { type Candidate, type Connection, crashedAttempt, providerOf } from "./connection.ts";
import type { Author } from "./connection-change.ts";
import { BrokerError, type ErrorCode } from "./error.ts";
import { requireProvider } from "./known-provider.ts";
import { describeFailure, identify } from "./log-fields.ts";
import type { Invocation, VaultKey } from "./ports.ts";
import { readClient } from "./read-client.ts";
import { redeem } from "./redeem.ts";
import type { RefreshPorts } from "./refresh-attempt.ts";
import { backoffMilliseconds } from "./refresh-schedule.ts";
import { noteRefused } from "./refused-credentials.ts";
import { revokeReceived } from "./revoke-received.ts";
import { timing } from "./timing.ts";

export type CandidateResult =
  | { readonly kind: "committed"; readonly connection: Connection; readonly tokens: TokenSet }
  /** Somebody else holds the lease, or wrote in between. Nothing was stored and nothing spent. */
  | { readonly kind: "lost" }
  /** Revoked, or taken back, after the refresh token had been sent. What was received is held by nobody. */
  | { readonly kind: "revoked" }
  /** A newer authorization or another attempt has taken over, and knows better. */
  | { readonly kind: "superseded" }
  | FailedCandidate;

export type FailedCandidate = {
  readonly kind: "failed";
  readonly code: ErrorCode;
  /** The outcome is unknown, the candidate is kept, and the sweep resolves it. Otherwise it was dropped. */
  readonly pending: boolean;
  readonly retryAt: number;
  /** What could not be prepared, so that it was not sent. */
  readonly error?: BrokerError;
  /** How sending it ended. */
  readonly failure?: Failure;
};

/**
 * One try to have the provider accept a refresh token that was handed to us. Until it does, nothing of what is stored
 * beside it changes.
 *
 * @param candidate given where it is new: it is stored in the same write that takes the lease
 * @throws errors of the store in `begin`; nothing was spent
 */
export async function attemptCandidate(
  ports: RefreshPorts,
  known: Connection,
  invocation: Invocation,
  candidate?: Candidate,
): Promise<CandidateResult> {
  const provider = requireProvider(ports.providers, providerOf(known));
  if (candidate === undefined && (await postponed(ports, provider, known, invocation))) return { kind: "lost" };
  const begun = await beginAttempt(ports, known, "candidate", invocation, candidate);
  if (begun === undefined || begun.connection.candidate === null) return { kind: "lost" };
  const { connection } = begun;
  const pending = begun.connection.candidate;
  // Whoever resolves it, it was done for the one who handed it in.
  const author = { ...begun.author, actor: pending.actor };
  if (pending.refused) return settle(ports, connection, pending, author, "grant_rejected", undefined);

  let prepared: { readonly key: VaultKey; readonly refreshToken: string; readonly client: ClientCredentials };
  try {
    const [key, client] = await Promise.all([
      ports.vault.openKey(connection.id, pending.refreshToken),
      readClient(ports, provider),
    ]);
    prepared = { key, client, refreshToken: await key.open(pending.refreshToken, pending.id) };
    if (ports.clock.now() - author.now > timing.latestRedeem) {
      throw new BrokerError(
        "provider_unavailable",
        "Preparing took so long that the lease could end during the redemption.",
      );
    }
  } catch (error) {
    const code = error instanceof BrokerError ? error.code : "internal_error";
    ports.log.error("A candidate could not be prepared; nothing was spent.", {
      ...identify(connection, author),
      code,
      error,
    });
    const settled = await settle(ports, connection, pending, author, code, undefined);
    return settled.kind === "failed" && error instanceof BrokerError ? { ...settled, error } : settled;
  }

  const { key, refreshToken, client } = prepared;
  const redemption = await redeem(ports, provider, pending.origin, client, { refreshToken });
  if (!redemption.ok) {
    const { failure } = redemption;
    ports.log.warn("A candidate was not accepted.", { ...identify(connection, author), ...describeFailure(failure) });
    if (failure.class === "client") noteRefused(ports, provider.id);
    return settle(ports, connection, pending, author, codes[failure.class], failure);
  }
  const consumed = { kind: "candidate", candidate: pending } as const;
  const received = { tokens: redemption.tokens, usable: redemption.usable, fromRejected: false };
  const committed = await commitTokens(ports, connection, consumed, received, key, author);
  if (committed.kind === "revoked") {
    await revokeReceived(ports, provider, connection, client, redemption.tokens, author, invocation);
  }
  const result = reportCommit(ports, connection, author, committed, redemption.tokens);
  if (result.kind === "committed") return result;
  if (result.kind === "overtaken") return { kind: committed.kind === "superseded" ? "superseded" : "revoked" };
  return { kind: "failed", code: "provider_unavailable", pending: true, retryAt: author.now + timing.lease };
}

/** When a candidate that may be spent can be presented again. */
function candidateReplayAt(provider: Provider, { requestedAt }: Candidate): number {
  return provider.rotation === "single-use-family" ? requestedAt + timing.candidateReplay : 0;
}

/**
 * A candidate whose process died may be spent, or that process only stands still. Where presenting it again could end the
 * grant of the one who comes back, that waits.
 */
async function postponed(
  ports: RefreshPorts,
  provider: Provider,
  known: Connection,
  invocation: Invocation,
): Promise<boolean> {
  const now = ports.clock.now();
  const { candidate } = known;
  if (candidate === null || crashedAttempt(known, now)?.kind !== "candidate") return false;
  const notBefore = candidateReplayAt(provider, candidate);
  if (notBefore <= now) return false;
  const author = { by: ports.random.id(), actor: invocation.actor, now };
  await writeOwn(ports.connections, known, postponeCandidate(known, candidate, notBefore, author), () => false);
  return true;
}

/** How often the end of an attempt is written again on top of what happened beside it. */
const rounds = 3;

const codes = {
  grant: "grant_rejected",
  client: "client_credentials_rejected",
  transient: "provider_unavailable",
} as const;

/**
 * Keeps the candidate only where it may be spent already and its successor may still be learned. A refusal is the
 * provider's last word; and what certainly did not reach it can be sent again by whoever holds it.
 *
 * A refused candidate with an attempt of unknown outcome before is not presented again, but stays for its day: whoever
 * made that attempt may only stand still, and holds what it was spent for.
 */
async function settle(
  ports: RefreshPorts,
  connection: Connection,
  candidate: Candidate,
  author: Author,
  code: ErrorCode,
  failure: Failure | undefined,
): Promise<CandidateResult> {
  const now = ports.clock.now();
  const unknown = candidate.unknown || failure?.unknown === true;
  const tries = candidate.tries + 1;
  const retryAt = now + backoffMilliseconds(tries, ports.random.fraction(), failure?.retryAfterMilliseconds);
  const isKept = unknown && now - candidate.requestedAt < timing.candidate;
  const pending = isKept && code !== "grant_rejected";
  const refused = isKept && !pending;
  const notBefore = unknown
    ? candidateReplayAt(requireProvider(ports.providers, providerOf(connection)), candidate)
    : 0;
  const until = refused ? candidate.requestedAt + timing.candidate : Math.max(retryAt, notBefore);
  const kept = isKept ? { ...candidate, unknown, refused, tries, retryAt: until } : null;
  const ended = await endOwn(ports, connection, candidate, kept, author);
  if (!ended) return { kind: "superseded" };
  return { kind: "failed", code, pending, retryAt, ...(failure === undefined ? {} : { failure }) };
}

/** What was never connected and holds no candidate any more is nothing. */
async function forgetUnconnected(ports: RefreshPorts, { id, status, candidate, sequence }: Connection): Promise<void> {
  if (status !== "unconnected" || candidate !== null) return;
  await ports.connections.removeUnconnected(id, sequence).catch((error: unknown) => {
    ports.log.warn("What is left of a refused refresh token could not be removed.", { connection: id, error });
  });
}

/**
 * Ends the attempt as long as it is still the current one. A refresh of the old grant may have been committed beside it:
 * that is no reason to forget what became of the candidate.
 */
async function endOwn(
  ports: RefreshPorts,
  connection: Connection,
  candidate: Candidate,
  kept: Candidate | null,
  author: Author,
): Promise<boolean> {
  let current = connection;
  for (let round = 0; round < rounds; round++) {
    const write = endCandidate(current, kept, later(ports, author));
    const result = await writeOwn(ports.connections, current, write, () => false);
    if (result.written) {
      await forgetUnconnected(ports, result.connection);
      return true;
    }
    const found = result.connection;
    if (found === undefined || found.attempt?.id !== author.by || found.candidate?.id !== candidate.id) return false;
    current = found;
  }
  return false;
}
