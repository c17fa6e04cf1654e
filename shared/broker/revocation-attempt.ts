import type { Failure, RevocationResult } from "../oauth/failure.ts";
import { requestRevocation } from "../oauth/revocation-endpoint.ts";
import type { ClientCredentials, Provider } from "../providers/provider.ts";
import { beginAttempt, endAttempt, hasTimeForAttempt, later } from "./attempt.ts";
import { backOff } from "./attempt-writes.ts";
import { type Connection, providerOf, type Upstream } from "./connection.ts";
import type { Author } from "./connection-change.ts";
import { discharge } from "./discharge.ts";
import { BrokerError } from "./error.ts";
import { requireProvider } from "./known-provider.ts";
import { describeFailure, identify } from "./log-fields.ts";
import { measureAttempt } from "./measure.ts";
import type { Invocation } from "./ports.ts";
import { readClient } from "./read-client.ts";
import type { RefresherPorts } from "./refresh.ts";
import { attemptRefresh } from "./refresh-attempt.ts";
import { hasLife } from "./refresh-decision.ts";
import { type RefreshGate, requestPass } from "./refresh-gate.ts";
import { backoffMilliseconds } from "./refresh-schedule.ts";
import { noteRefused } from "./refused-credentials.ts";
import { bearerRejected, finishRevoking } from "./revocation-writes.ts";
import { openTokenSet } from "./sealed-token-set.ts";
import { timing } from "./timing.ts";

/**
 * One step of revoking at the provider, under the lease: a refresh where the call needs an access token that lives, or
 * the revocation itself.
 *
 * @param known `revoking`, and nobody's lease on it
 * @param insist true for an operator, whose refresh is let through an open breaker
 * @returns `progressed` where reading it again shows how things stand; `failed` where there is something to wait for
 */
export async function attemptRevocation(
  ports: RefresherPorts,
  known: Connection,
  invocation: Invocation,
  gate: RefreshGate,
  insist: boolean,
): Promise<"progressed" | "failed"> {
  if (!hasTimeForAttempt(ports, invocation)) return "failed";
  const provider = requireProvider(ports.providers, providerOf(known));
  const { revocation } = provider;
  if (needsRefreshForCall(ports, known)) return refreshForCall(ports, known, invocation, gate, insist);
  const begun = await beginAttempt(ports, known, "revocation", invocation);
  if (begun === undefined) return "progressed";
  const { connection, author } = begun;
  if (revocation === undefined) {
    const by = provider.endedByHand ?? "The account's owner can end the grant at the provider.";
    ports.log.warn(`Revoked here only: the provider cannot be asked to. ${by}`, identify(connection, author));
    return finish(ports, connection, author, "unsupported");
  }
  let result: RevocationResult;
  try {
    result = await callRevocation(ports, provider, revocation, connection, author);
  } catch (error) {
    const code = error instanceof BrokerError ? error.code : "internal_error";
    ports.log.error("A revocation could not be prepared.", { ...identify(connection, author), code, error });
    return backOffRevocation(ports, connection, author, undefined);
  }
  if (result.ok) return finish(ports, connection, author, "revoked");
  if (result.failure.class === "grant") return finish(ports, connection, author, "already_invalid");
  ports.log.warn("A revocation failed.", { ...identify(connection, author), ...describeFailure(result.failure) });
  if (result.failure.class === "client") noteRefused(ports, provider.id);
  if (result.bearerRejected) return refreshNext(ports, connection, author);
  return backOffRevocation(ports, connection, author, result.failure);
}

/** True where the access token lives long enough to authorize the call: 30 s more, or a fifth of a shorter life. */
function outlivesCall(connection: Connection, now: number): boolean {
  const life = (connection.expiresAt ?? 0) - (connection.issuedAt ?? 0);
  return hasLife(connection, now, Math.min(timing.liveMargin, life / 5));
}

/** True where the revocation's call is authorized by an access token, and the one that we have is over or nearly so. */
export function needsRefreshForCall(
  ports: Pick<RefresherPorts, "providers" | "clock">,
  connection: Connection,
): boolean {
  const { revocation } = requireProvider(ports.providers, providerOf(connection));
  return revocation?.needsLiveAccessToken === true && !outlivesCall(connection, ports.clock.now());
}

/**
 * One refresh, by the same way as every other: an open breaker stops it, and what becomes of it counts. What does not make the
 * access token live is waited for, never repeated at once.
 */
async function refreshForCall(
  ports: RefresherPorts,
  known: Connection,
  invocation: Invocation,
  gate: RefreshGate,
  insist: boolean,
): Promise<"progressed" | "failed"> {
  const endpoint = { provider: providerOf(known), origin: known.origin };
  const pass = await requestPass(ports, gate, endpoint, insist);
  if ("kind" in pass) return "failed";
  const result = await attemptRefresh(ports, known, invocation, false, pass);
  measureAttempt(ports, known, result);
  if (result.kind === "overtaken") return "progressed";
  if (result.kind === "failed") return result.connection.status === "revoking" ? "failed" : "progressed";
  const connection = await discharge(ports, result.connection, invocation, result.tokens);
  return outlivesCall(connection, ports.clock.now()) ? "progressed" : "failed";
}

async function callRevocation(
  ports: RefresherPorts,
  provider: Provider,
  revocation: NonNullable<Provider["revocation"]>,
  connection: Connection,
  author: Author,
): Promise<RevocationResult> {
  if (connection.tokens === null || connection.committedBy === null) {
    throw new BrokerError("internal_error", `${connection.id} holds no token set although it is being revoked.`);
  }
  const [key, client]: [Awaited<ReturnType<typeof ports.vault.openKey>>, ClientCredentials] = await Promise.all([
    ports.vault.openKey(connection.id, connection.tokens),
    readClient(ports, provider),
  ]);
  const tokens = await openTokenSet(key, connection.tokens, connection.committedBy);
  // Later than this somebody may have authorized anew, and the call could end the new grant.
  if (ports.clock.now() - author.now > timing.latestRedeem) {
    throw new BrokerError("provider_unavailable", "Preparing took so long that the lease could end during the call.");
  }
  const request = revocation.request({ origin: connection.origin, client, ...tokens });
  return requestRevocation(provider, request, {
    fetch: ports.fetchFor(provider),
    timeoutMilliseconds: timing.provider,
    now: ports.clock.now,
  });
}

async function finish(
  ports: RefresherPorts,
  connection: Connection,
  author: Author,
  upstream: Upstream,
): Promise<"progressed"> {
  const after = await endAttempt(ports, connection, finishRevoking(connection, upstream, later(ports, author), false));
  if (after !== undefined) {
    ports.log.info("Revoked.", {
      ...identify(after, author),
      status: after.status,
      outcome: upstream,
      actor: author.actor,
    });
  }
  return "progressed";
}

/**
 * The access token was refused although it should live: a refresh tells whether the whole grant is gone. At once the
 * first time; a provider that refuses what it has just issued is left alone for longer each time.
 */
async function refreshNext(
  ports: RefresherPorts,
  connection: Connection,
  author: Author,
): Promise<"progressed" | "failed"> {
  const { tries } = connection;
  const pause = tries === 0 ? 0 : backoffMilliseconds(tries, ports.random.fraction(), undefined);
  const retryAt = ports.clock.now() + pause;
  const failed = { code: "provider_unavailable", unknown: false, retryAt, degrades: false } as const;
  await endAttempt(ports, connection, bearerRejected(connection, failed, later(ports, author)));
  return pause === 0 ? "progressed" : "failed";
}

async function backOffRevocation(
  ports: RefresherPorts,
  connection: Connection,
  author: Author,
  failure: Failure | undefined,
): Promise<"failed"> {
  const pause = backoffMilliseconds(connection.tries + 1, ports.random.fraction(), failure?.retryAfterMilliseconds);
  const code = failure?.class === "client" ? "client_credentials_rejected" : "provider_unavailable";
  const failed = { code, unknown: false, retryAt: ports.clock.now() + pause, degrades: false } as const;
  await endAttempt(ports, connection, backOff(connection, failed, later(ports, author)));
  return "failed";
}
