import { authorizationLives } from "./authorization.ts";
import { type ConnectionId, splitConnectionId } from "./connection-id.ts";
import { hexDigest } from "./digest.ts";
import { BrokerError } from "./error.ts";
import { requireProvider } from "./known-provider.ts";
import type { Ports } from "./ports.ts";

export type TicketRequest = {
  readonly returnTo: string | undefined;
  readonly expiresInSeconds: number | undefined;
  readonly allowOtherAccount: boolean;
};

export type IssuedTicket = { readonly authorizationUrl: string; readonly expiresAt: number };

/**
 * Issues a permission to authorize one account, and the URL that the account's owner opens.
 *
 * @returns the URL, with the ticket in it (nothing else stores it), and epoch milliseconds
 * @throws BrokerError `invalid_request`, `provider_unknown`
 */
export async function createTicket(
  ports: Pick<Ports, "authorizations" | "providers" | "clock" | "random" | "settings">,
  id: ConnectionId,
  request: TicketRequest,
): Promise<IssuedTicket> {
  const { provider, account } = splitConnectionId(id);
  if (requireProvider(ports.providers, provider).authorizationUrl === undefined) {
    throw new BrokerError(
      "invalid_request",
      `${provider} has no authorization page: connect with PUT and a refresh token.`,
    );
  }
  const { least, most, usual } = authorizationLives.ticketSeconds;
  const seconds = request.expiresInSeconds ?? usual;
  if (!Number.isInteger(seconds) || seconds < least || seconds > most) {
    throw new BrokerError("invalid_request", `expires_in_seconds has to be a whole number from ${least} to ${most}.`);
  }
  const ticket = ports.random.secret();
  const issuedAt = ports.clock.now();
  const expiresAt = issuedAt + seconds * 1000;
  await ports.authorizations.createTicket({
    hash: hexDigest(ticket),
    provider,
    account,
    issuedAt,
    expiresAt,
    returnTo: allowedReturnTo(request.returnTo, ports.settings.returnToOrigins),
    allowOtherAccount: request.allowOtherAccount,
    spentAt: null,
    open: [],
  });
  return { authorizationUrl: `${ports.settings.publicUrl}/auth/${provider}/start?ticket=${ticket}`, expiresAt };
}

/** @throws BrokerError `invalid_request` */
function allowedReturnTo(returnTo: string | undefined, origins: ReadonlySet<string>): string | null {
  if (returnTo === undefined) return null;
  const url = URL.canParse(returnTo) ? new URL(returnTo) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new BrokerError("invalid_request", "return_to has to be a whole http or https URL without user information.");
  }
  if (!origins.has(url.origin)) {
    throw new BrokerError(
      "invalid_request",
      `return_to: the origin ${url.origin} is not among the configured ones (RETURN_TO_ORIGINS).`,
    );
  }
  return url.href;
}
