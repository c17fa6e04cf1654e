import type { Failure } from "../oauth/failure.ts";
import type { TokenSet } from "../oauth/token-set.ts";
import type { ClientCredentials } from "../providers/provider.ts";
import { beginAttempt, endAttempt, later } from "./attempt.ts";
import { commitTokens } from "./commit.ts";
import { type Candidate, type Connection, providerOf } from "./connection.ts";
import { type Author, endCandidate } from "./connection-writes.ts";
import { BrokerError, type ErrorCode } from "./error.ts";
import { requireProvider } from "./known-provider.ts";
import type { Invocation, VaultKey } from "./ports.ts";
import { redeem } from "./redeem.ts";
import { describeFailure, identify, type RefreshPorts, reportCommit } from "./refresh-attempt.ts";
import { backoffMilliseconds } from "./refresh-schedule.ts";
import { revokeReceived } from "./revoke-received.ts";
import { timing } from "./timing.ts";

export type CandidateResult =
  | {
      readonly kind: "committed";
      readonly connection: Connection;
      readonly tokens: TokenSet;
      readonly client: ClientCredentials;
    }
  | { readonly kind: "overtaken" }
  /** `pending`: the outcome is unknown, the candidate is kept, and the sweep resolves it. Otherwise it was dropped. */
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly pending: boolean; readonly retryAt: number };

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
  const begun = await beginAttempt(ports, known, "candidate", invocation, candidate);
  if (begun === undefined || begun.connection.candidate === null) return { kind: "overtaken" };
  const { connection, author } = begun;
  const pending = begun.connection.candidate;

  let prepared: { readonly key: VaultKey; readonly refreshToken: string; readonly client: ClientCredentials };
  try {
    const [key, client] = await Promise.all([
      ports.vault.openKey(connection.id, pending.refreshToken),
      ports.clientCredentials.read(provider.id),
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
    return settle(ports, connection, pending, author, code, undefined);
  }

  const { key, refreshToken, client } = prepared;
  const redemption = await redeem(ports, provider, pending.origin, client, { refreshToken });
  if (!redemption.ok) {
    const { failure } = redemption;
    ports.log.warn("A candidate was not accepted.", { ...identify(connection, author), ...describeFailure(failure) });
    if (failure.class === "client") ports.clientCredentials.forget(provider.id);
    return settle(ports, connection, pending, author, codes[failure.class], failure);
  }
  const consumed = { kind: "candidate", candidate: pending } as const;
  const received = { tokens: redemption.tokens, usable: redemption.usable, fromRejected: false };
  const committed = await commitTokens(ports, connection, consumed, received, key, author);
  if (committed.kind === "revoked") {
    await revokeReceived(ports, provider, connection, client, redemption.tokens, invocation);
  }
  const result = reportCommit(ports, connection, author, committed, redemption.tokens);
  if (result.kind === "committed") return { ...result, client };
  if (result.kind === "overtaken") return result;
  return { kind: "failed", code: result.code, pending: true, retryAt: ports.clock.now() + timing.lease };
}

const codes = {
  grant: "grant_rejected",
  client: "client_credentials_rejected",
  transient: "provider_unavailable",
} as const;

/**
 * Keeps the candidate only where it may be spent already and its successor may still be learned. A refusal is the
 * provider's last word; and what certainly did not reach it can be sent again by whoever holds it.
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
  const pending = code !== "grant_rejected" && unknown && now - candidate.requestedAt < timing.candidate;
  const kept = pending ? { ...candidate, unknown, tries, retryAt } : null;
  const after = await endAttempt(ports, connection, endCandidate(connection, kept, later(ports, author)));
  if (after === undefined) return { kind: "overtaken" };
  return { kind: "failed", code, pending, retryAt };
}
