import type { ClientCredentials, Provider } from "../providers/provider.ts";
import { beginAttempt, endAttempt, later } from "./attempt.ts";
import { release } from "./attempt-writes.ts";
import type { AuthorizationRequest } from "./authorization.ts";
import { type Connection, isLeased, unwrittenConnection } from "./connection.ts";
import type { Author } from "./connection-change.ts";
import type { ConnectionId } from "./connection-id.ts";
import { BrokerError } from "./error.ts";
import { requireOrigin } from "./known-provider.ts";
import { identify } from "./log-fields.ts";
import type { Invocation, Ports, VaultKey } from "./ports.ts";
import { readClient } from "./read-client.ts";
import type { RefresherPorts } from "./refresh.ts";
import { timing } from "./timing.ts";

export type CallbackPorts = RefresherPorts & Pick<Ports, "authorizations">;

/** What an exchange needs, at hand before the code is sent. */
export type Prepared = {
  readonly known: Connection;
  readonly key: VaultKey;
  readonly client: ClientCredentials;
  /** Another authorization with the same ticket has succeeded. */
  readonly ticketIsSpent: boolean;
  /** Set where this callback holds the lease. */
  readonly lease: Author | undefined;
};

/**
 * Does all that can fail before anything is spent: reads the connection and the ticket, opens the data key, reads the client
 * credentials.
 *
 * @throws BrokerError and errors of the ports; reloading the page begins anew
 */
export async function prepare(
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
      readClient(ports, provider),
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
 * one, and where the operator did not wait for the end of that it waits itself: no revocation may be on its way to the
 * provider while the new grant is made, for it could end that one as well.
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
    const known =
      (await ports.connections.read(id)) ?? unwrittenConnection(id, requireOrigin(provider), ports.clock.now());
    const isLeasedNow = isLeased(known, ports.clock.now());
    const mayBeEnding = known.status === "revoking" || (known.status === "revoked" && isLeasedNow);
    if (!mayBeEnding || isOutdated(request, known)) return { known, lease: undefined };
    const begun = isLeasedNow ? undefined : await beginAttempt(ports, known, "authorization", invocation);
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

/** Gives a lease back that was taken for an authorization, where there is one. Never throws: it ends by itself. */
export async function giveBack(
  ports: CallbackPorts,
  prepared: Pick<Prepared, "known" | "lease"> | undefined,
): Promise<void> {
  if (prepared?.lease === undefined) return;
  const write = release(prepared.known, later(ports, prepared.lease));
  await endAttempt(ports, prepared.known, write).catch((error: unknown) => {
    ports.log.warn("A lease could not be given back; it ends by itself.", { ...identify(prepared.known), error });
  });
}

/** True where the connection was revoked after the ticket had been issued: an old invitation revives nothing. */
export function isOutdated(request: AuthorizationRequest, connection: Connection): boolean {
  return connection.revokedAt !== null && connection.revokedAt >= request.ticketIssuedAt;
}
