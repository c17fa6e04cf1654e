import { codeChallenge } from "../oauth/pkce.ts";
import { type AuthorizationRequest, authorizationLives, type Ticket } from "./authorization.ts";
import { codeVerifier } from "./code-verifier.ts";
import { connectionId } from "./connection-id.ts";
import { hexDigest } from "./digest.ts";
import { requireOrigin, requireProvider } from "./known-provider.ts";
import type { Ports } from "./ports.ts";

export type StartResult =
  /** `binding`: the value of the browser's cookie from now on. */
  | { readonly kind: "redirect"; readonly url: string; readonly binding: string }
  | { readonly kind: "ticket-unknown" }
  | { readonly kind: "ticket-expired"; readonly account: string }
  /** An authorization with this ticket has succeeded. */
  | { readonly kind: "ticket-spent"; readonly account: string }
  /** Too many authorization requests of this ticket are open. */
  | { readonly kind: "too-many"; readonly account: string };

const bindingPattern = /^[A-Za-z0-9_-]{43}$/;
/** How often a slot is tried for while others take theirs. More can be at it than there are slots. */
const rounds = 30;

/**
 * Opens an authorization request for a ticket. The ticket stays good: link previews open it, too.
 *
 * @param input.binding the browser's cookie, if it has one. A browser keeps its own, so that two tabs do not lock each other out.
 * @throws BrokerError `provider_unknown`, `client_credentials_rejected`
 */
export async function startAuthorization(
  ports: Pick<
    Ports,
    "authorizations" | "connections" | "clientCredentials" | "providers" | "clock" | "random" | "settings"
  >,
  input: { readonly provider: string; readonly ticket: string; readonly binding: string | undefined },
): Promise<StartResult> {
  const provider = requireProvider(ports.providers, input.provider);
  const ticket = await ports.authorizations.readTicket(hexDigest(input.ticket));
  if (ticket === undefined || ticket.provider !== provider.id || provider.authorizationUrl === undefined) {
    return { kind: "ticket-unknown" };
  }
  const { account } = ticket;
  if (await isSpent(ports, ticket)) return { kind: "ticket-spent", account };
  if (ticket.expiresAt <= ports.clock.now()) return { kind: "ticket-expired", account };
  const { clientId } = await ports.clientCredentials.read(provider.id);
  const state = ports.random.secret();
  const binding =
    input.binding !== undefined && bindingPattern.test(input.binding) ? input.binding : ports.random.secret();
  const opened = await takeSlot(ports, ticket);
  if (!opened) return { kind: "too-many", account };
  await ports.authorizations.createRequest(requestFor(ticket, state, binding, ports.clock.now()));
  const redirectUri = callbackUrl(ports.settings.publicUrl, provider.id);
  const url = provider.authorizationUrl({
    origin: requireOrigin(provider),
    clientId,
    redirectUri,
    state,
    codeChallenge: codeChallenge(codeVerifier(binding, state)),
  });
  return { kind: "redirect", url, binding };
}

/** The URL that is registered at the provider. */
export function callbackUrl(publicUrl: string, provider: string): string {
  return `${publicUrl}/auth/${provider}/callback`;
}

/** Names an authorization request by its state without telling the state. */
export function referenceOf(state: string): string {
  return hexDigest(state).slice(0, 32);
}

/**
 * A ticket is spent by the very write that connects the account. The mark on the ticket follows it, and may be missing
 * after a crash.
 */
async function isSpent(ports: Pick<Ports, "connections">, ticket: Ticket): Promise<boolean> {
  if (ticket.spentAt !== null) return true;
  const connection = await ports.connections.read(connectionId(ticket.provider, ticket.account));
  return connection?.ticketHash === ticket.hash;
}

function requestFor(ticket: Ticket, state: string, binding: string, now: number): AuthorizationRequest {
  return {
    reference: referenceOf(state),
    provider: ticket.provider,
    account: ticket.account,
    ticketHash: ticket.hash,
    ticketIssuedAt: ticket.issuedAt,
    bindingHash: hexDigest(binding),
    returnTo: ticket.returnTo,
    allowOtherAccount: ticket.allowOtherAccount,
    expiresAt: now + authorizationLives.request,
    taken: null,
    outcome: null,
  };
}

/** Counts one more open request on the ticket. @returns false where it has as many as it may have */
async function takeSlot(ports: Pick<Ports, "authorizations" | "clock" | "random">, ticket: Ticket): Promise<boolean> {
  let { open } = ticket;
  for (let round = 0; round < rounds; round++) {
    const now = ports.clock.now();
    const live = open.filter((expiresAt) => expiresAt > now);
    if (live.length >= authorizationLives.openRequestsPerTicket) return false;
    if (await ports.authorizations.openOnTicket(ticket.hash, open, [...live, now + authorizationLives.request]))
      return true;
    await ports.clock.sleep(ports.random.fraction() * 50);
    const found = await ports.authorizations.readTicket(ticket.hash);
    if (found === undefined) return false;
    open = found.open;
  }
  return false;
}
