import { requestToken } from "../oauth/token-endpoint.ts";
import type { TokenSet } from "../oauth/token-set.ts";
import type { ClientCredentials, Provider } from "../providers/provider.ts";
import { requestLabel } from "./account-label.ts";
import type { AuthorizationFailure, AuthorizationOutcome, AuthorizationRequest } from "./authorization.ts";
import { type CommitResult, commitTokens, isOtherAccount } from "./commit.ts";
import type { Connection } from "./connection.ts";
import { discharge } from "./discharge.ts";
import { requireOrigin } from "./known-provider.ts";
import { describeFailure, identify } from "./log-fields.ts";
import type { Invocation } from "./ports.ts";
import { type CallbackPorts, isOutdated, type Prepared } from "./prepare-exchange.ts";
import { received } from "./redeem.ts";
import { noteRefused } from "./refused-credentials.ts";
import { callbackUrl } from "./start-authorization.ts";
import { timing } from "./timing.ts";

/** An authorization code and the verifier of the challenge that it was asked for with. RFC 7636 §4.5. */
export type VerifiableCode = { readonly code: string; readonly codeVerifier: string };

/**
 * Exchanges the code of a taken request, and stores the connection. Whatever happens, the code counts as spent.
 *
 * @param by signs the commit
 * @returns how the authorization ended; never throws for a provider or a store that fails
 */
export async function exchangeCode(
  ports: CallbackPorts,
  provider: Provider,
  request: AuthorizationRequest,
  prepared: Prepared,
  code: VerifiableCode,
  by: string,
  invocation: Invocation,
): Promise<AuthorizationOutcome> {
  const { known, key, client } = prepared;
  if (prepared.ticketIsSpent) return failed("ticket_spent");
  if (isOutdated(request, known)) return failed("revoked");
  const origin = requireOrigin(provider);
  const tokens = await redeemCode(ports, provider, known, client, code, request.reference);
  if ("why" in tokens) return failed(tokens.why);

  const label = await requestLabel(ports, { id: known.id, origin }, tokens.tokens.accessToken);
  const consumed = {
    kind: "code",
    ticketHash: request.ticketHash,
    ticketIssuedAt: request.ticketIssuedAt,
    label,
    origin,
    anyAccount: request.allowOtherAccount,
    leaseId: prepared.lease?.by,
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
  code: VerifiableCode,
  reference: string,
): Promise<{ readonly tokens: TokenSet; readonly usable: boolean } | { readonly why: AuthorizationFailure }> {
  if (provider.codeRequest === undefined) return { why: "internal_error" };
  const redirectUri = callbackUrl(ports.settings.publicUrl, provider.id);
  const sentAt = ports.clock.now();
  const result = await requestToken(
    provider,
    provider.codeRequest({ origin: requireOrigin(provider), client, redirectUri, ...code }),
    {
      fetch: ports.fetchFor(provider),
      timeoutMilliseconds: timing.provider,
      now: ports.clock.now,
    },
  );
  const redemption = result.ok ? received(provider, result.grant, sentAt, {}) : result;
  if (redemption.ok) return redemption;
  const { failure } = redemption;
  if (failure.class === "client") noteRefused(ports, provider.id);
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

function failed(why: AuthorizationFailure): AuthorizationOutcome {
  return { result: "failed", why };
}
