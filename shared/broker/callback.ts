import { requestToken } from "../oauth/token-endpoint.ts";
import type { TokenSet } from "../oauth/token-set.ts";
import type { ClientCredentials, Provider } from "../providers/provider.ts";
import { requestLabel } from "./account-label.ts";
import { beginAttempt, endAttempt, later } from "./attempt.ts";
import type { AuthorizationFailure, AuthorizationOutcome, AuthorizationRequest } from "./authorization.ts";
import { type CommitResult, commitTokens, isOtherAccount } from "./commit.ts";
import { type Connection, isLeased, unwrittenConnection } from "./connection.ts";
import { type ConnectionId, connectionId } from "./connection-id.ts";
import { type Author, release } from "./connection-writes.ts";
import { matchesDigest } from "./digest.ts";
import { discharge } from "./discharge.ts";
import { BrokerError } from "./error.ts";
import { requireProvider } from "./known-provider.ts";
import type { Invocation, Ports, VaultKey } from "./ports.ts";
import { received } from "./redeem.ts";
import type { RefresherPorts } from "./refresh.ts";
import { describeFailure, identify } from "./refresh-attempt.ts";
import { callbackUrl, referenceOf } from "./start-authorization.ts";
import { timing } from "./timing.ts";

export type CallbackInput = {
  readonly provider: string;
  readonly state: string;
  /** Exactly one of the two. */
  readonly code: string | undefined;
  readonly error: string | undefined;
  /** The browser's binding cookie. */
  readonly binding: string | undefined;
};

export type CallbackResult =
  /** Nobody started it here, or too long ago. Nothing was exchanged and nothing spent. */
  | { readonly kind: "unknown" }
  | { readonly kind: "expired" }
  /** Another browser than the one that started. Nothing was exchanged and nothing spent. */
  | { readonly kind: "other-browser" }
  | { readonly kind: "ended"; readonly request: AuthorizationRequest }
  /** An exchange of the same callback is under way. */
  | { readonly kind: "under-way"; readonly request: AuthorizationRequest };

export type CallbackPorts = RefresherPorts & Pick<Ports, "authorizations">;

/** An authorization that was taken and has no outcome after this will never get one. */
const longestExchange = 30_000;

type Prepared = {
  readonly known: Connection;
  readonly key: VaultKey;
  readonly client: ClientCredentials;
  /** Another authorization with the same ticket has succeeded. */
  readonly ticketIsSpent: boolean;
  /** Set where this callback holds the lease. */
  readonly lease: Author | undefined;
};

/**
 * Finishes an authorization: exchanges the code, exactly once, and stores the connection.
 *
 * Everything that can fail without spending the state fails before the state is taken, so that reloading the page helps.
 * The one who takes the state exchanges; whoever comes again sees the outcome.
 *
 * @param endsAt epoch milliseconds at which the invocation is cut off
 * @throws BrokerError and errors of the ports while nothing has been spent; the page may be reloaded
 */
export async function finishAuthorization(
  ports: CallbackPorts,
  input: CallbackInput,
  endsAt: number,
): Promise<CallbackResult> {
  const provider = requireProvider(ports.providers, input.provider);
  const request = await ports.authorizations.readRequest(referenceOf(input.state));
  if (request === undefined || request.provider !== provider.id) return { kind: "unknown" };
  if (input.binding === undefined || !matchesDigest(input.binding, request.bindingHash))
    return { kind: "other-browser" };
  if (request.taken !== null) return describeTaken(ports, request);
  if (request.expiresAt <= ports.clock.now()) return { kind: "expired" };

  const id = connectionId(request.provider, request.account);
  const invocation: Invocation = { actor: `ticket:${request.ticketHash.slice(0, 12)}`, endsAt };
  const prepared = input.code === undefined ? undefined : await prepare(ports, provider, request, id, invocation);
  const by = ports.random.id();
  if (!(await take(ports, request, by))) {
    await giveBack(ports, prepared);
    const found = await ports.authorizations.readRequest(request.reference);
    return found === undefined ? { kind: "unknown" } : describeTaken(ports, found);
  }
  const outcome =
    prepared === undefined || input.code === undefined
      ? declined(input.error)
      : await exchange(ports, provider, request, prepared, input.code, by, invocation);
  if (outcome.result !== "authorized") await giveBack(ports, prepared);
  await finish(ports, request, outcome);
  return { kind: "ended", request: { ...request, outcome } };
}

/** What a request that somebody took has come to; a commit whose process died before it could say so is found here. */
export async function describeTaken(
  ports: Pick<Ports, "authorizations" | "connections" | "clock" | "log">,
  request: AuthorizationRequest,
): Promise<CallbackResult> {
  if (request.outcome !== null) return { kind: "ended", request };
  if (request.taken === null) return { kind: "unknown" };
  const connection = await ports.connections.read(connectionId(request.provider, request.account));
  let outcome: AuthorizationOutcome;
  if (connection !== undefined && isResultOf(request, connection))
    outcome = { result: "authorized", label: connection.label };
  else if (ports.clock.now() - request.taken.at < longestExchange) return { kind: "under-way", request };
  else outcome = { result: "failed", why: "internal_error" };
  await finish(ports, request, outcome);
  return { kind: "ended", request: { ...request, outcome } };
}

/** The ticket's hash stays when the next refresh writes its own name over the callback's. */
function isResultOf(request: AuthorizationRequest, connection: Connection): boolean {
  return connection.committedBy === request.taken?.by || connection.ticketHash === request.ticketHash;
}

function declined(error: string | undefined): AuthorizationOutcome {
  return error === "access_denied" ? { result: "declined" } : { result: "failed", why: "provider_unavailable" };
}

/**
 * Takes the request, once. Where the reply was lost it is asked for again under the same name: a request that nobody knows
 * to be taken would be lost for the person behind it.
 */
async function take(ports: CallbackPorts, request: AuthorizationRequest, by: string): Promise<boolean> {
  const at = ports.clock.now();
  try {
    return await ports.authorizations.takeRequest(request.reference, by, at);
  } catch {
    await ports.clock.sleep(timing.waitFirst);
    return ports.authorizations.takeRequest(request.reference, by, at);
  }
}

async function prepare(
  ports: CallbackPorts,
  provider: Provider,
  request: AuthorizationRequest,
  id: ConnectionId,
  invocation: Invocation,
): Promise<Prepared> {
  const { known, lease } = await holdStill(ports, provider, request, id, invocation);
  try {
    const [key, client, ticket] = await Promise.all([
      known.tokens === null ? ports.vault.createKey(id) : ports.vault.openKey(id, known.tokens),
      ports.clientCredentials.read(provider.id),
      ports.authorizations.readTicket(request.ticketHash),
    ]);
    // Frozen for as long as this, somebody else may have sent a revocation that ends the new grant as well.
    if (lease !== undefined && ports.clock.now() - lease.now > timing.latestRedeem) throw beingRevoked(id);
    const ticketIsSpent = ticket?.spentAt != null || known.ticketHash === request.ticketHash;
    return { known, key, client, lease, ticketIsSpent };
  } catch (error) {
    await giveBack(ports, { known, lease });
    throw error;
  }
}

/**
 * An authorization needs no lease: it takes precedence over any. Only while the connection is being revoked it takes
 * one, so that no revocation is on its way to the provider while the new grant is made: it could end that one as well.
 */
async function holdStill(
  ports: CallbackPorts,
  provider: Provider,
  request: AuthorizationRequest,
  id: ConnectionId,
  invocation: Invocation,
): Promise<Pick<Prepared, "known" | "lease">> {
  const waitUntil = ports.clock.now() + timing.wait;
  for (let pause: number = timing.waitFirst; ; pause = Math.min(pause * 2, timing.waitLongest)) {
    const known = (await ports.connections.read(id)) ?? unwrittenConnection(id, provider.origin, ports.clock.now());
    if (known.status !== "revoking" || isOutdated(request, known)) return { known, lease: undefined };
    const begun = isLeased(known, ports.clock.now())
      ? undefined
      : await beginAttempt(ports, known, "authorization", invocation);
    if (begun !== undefined) return { known: begun.connection, lease: begun.author };
    if (ports.clock.now() + pause > waitUntil) throw beingRevoked(id);
    await ports.clock.sleep(pause);
  }
}

function beingRevoked(id: ConnectionId): BrokerError {
  return new BrokerError("refresh_in_progress", `${id} is being revoked at this moment. Reload the page.`, {
    retryAfterSeconds: 2,
  });
}

async function giveBack(ports: CallbackPorts, prepared: Pick<Prepared, "known" | "lease"> | undefined): Promise<void> {
  if (prepared?.lease === undefined) return;
  const write = release(prepared.known, later(ports, prepared.lease));
  await endAttempt(ports, prepared.known, write).catch((error: unknown) => {
    ports.log.warn("A lease could not be given back; it ends by itself.", { ...identify(prepared.known), error });
  });
}

async function exchange(
  ports: CallbackPorts,
  provider: Provider,
  request: AuthorizationRequest,
  prepared: Prepared,
  code: string,
  by: string,
  invocation: Invocation,
): Promise<AuthorizationOutcome> {
  const { known, key, client } = prepared;
  if (prepared.ticketIsSpent) return failed("ticket_spent");
  if (isOutdated(request, known)) return failed("revoked");
  const tokens = await redeemCode(ports, provider, known, client, code, request.reference);
  if ("why" in tokens) return failed(tokens.why);

  const label = await requestLabel(ports, { id: known.id, origin: provider.origin }, tokens.tokens.accessToken);
  const consumed = {
    kind: "code",
    ticketHash: request.ticketHash,
    ticketIssuedAt: request.ticketIssuedAt,
    label,
    origin: provider.origin,
    anyAccount: request.allowOtherAccount,
  } as const;
  if (isOtherAccount(known, consumed)) return failed("wrong_account");
  const author = { by, actor: invocation.actor, now: ports.clock.now() };
  const result = await commitTokens(ports, known, consumed, { ...tokens, fromRejected: false }, key, author);
  if (result.kind !== "committed") return describeUncommitted(ports, known, request, result);
  await ports.authorizations.spendTicket(request.ticketHash, ports.clock.now()).catch((error: unknown) => {
    ports.log.warn("A spent ticket could not be marked; its connection shows that it is spent.", {
      ...identify(known),
      error,
    });
  });
  ports.log.info("Connected.", {
    ...identify(result.connection),
    reference: request.reference,
    actor: invocation.actor,
  });
  await discharge(ports, result.connection, invocation, tokens.tokens);
  return { result: "authorized", label: result.connection.label };
}

/** One request, never repeated: whether it arrived or not, the code may be spent. RFC 6749 §4.1.2. */
async function redeemCode(
  ports: CallbackPorts,
  provider: Provider,
  known: Connection,
  client: ClientCredentials,
  code: string,
  reference: string,
): Promise<{ readonly tokens: TokenSet; readonly usable: boolean } | { readonly why: AuthorizationFailure }> {
  if (provider.codeRequest === undefined) return { why: "internal_error" };
  const redirectUri = callbackUrl(ports.settings.publicUrl, provider.id);
  const sentAt = ports.clock.now();
  const result = await requestToken(
    provider,
    provider.codeRequest({ origin: provider.origin, client, code, redirectUri }),
    {
      fetch: ports.fetch,
      timeoutMilliseconds: timing.provider,
      now: ports.clock.now,
    },
  );
  const redemption = result.ok ? received(provider, result.grant, sentAt, {}) : result;
  if (redemption.ok) return redemption;
  const { failure } = redemption;
  ports.log.warn("A code was not exchanged.", { ...identify(known), reference, ...describeFailure(failure) });
  return { why: failure.class === "transient" ? "provider_unavailable" : "code_rejected" };
}

function describeUncommitted(
  ports: CallbackPorts,
  known: Connection,
  request: AuthorizationRequest,
  result: Exclude<CommitResult, { kind: "committed" }>,
): AuthorizationOutcome {
  if (result.kind === "wrong-account") return failed("wrong_account");
  if (result.kind === "ticket-outdated") return failed("revoked");
  if (result.kind === "ticket-spent") return failed("ticket_spent");
  ports.log.error("An authorization could not be stored. Its owner has to authorize again.", {
    ...identify(known),
    reference: request.reference,
    code: "internal_error",
    ...(result.kind === "failed" ? { error: result.error } : {}),
  });
  return failed("internal_error");
}

/** True where the connection was revoked after the ticket had been issued: an old invitation revives nothing. */
function isOutdated(request: AuthorizationRequest, connection: Connection): boolean {
  return connection.revokedAt !== null && connection.revokedAt >= request.ticketIssuedAt;
}

function failed(why: AuthorizationFailure): AuthorizationOutcome {
  return { result: "failed", why };
}

async function finish(
  ports: Pick<Ports, "authorizations" | "log">,
  request: AuthorizationRequest,
  outcome: AuthorizationOutcome,
): Promise<void> {
  await ports.authorizations.finishRequest(request.reference, outcome).catch((error: unknown) => {
    ports.log.warn("The outcome of an authorization could not be stored.", { reference: request.reference, error });
  });
}
