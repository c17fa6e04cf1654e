import { requestRevocation } from "../oauth/revocation-endpoint.ts";
import type { TokenSet } from "../oauth/token-set.ts";
import type { ClientCredentials, Provider } from "../providers/provider.ts";
import type { Connection } from "./connection.ts";
import type { Author } from "./connection-change.ts";
import type { Invocation, Ports } from "./ports.ts";
import { timing } from "./timing.ts";

/**
 * Revokes a token set that arrived after its connection had been revoked: nobody will hold it, so nobody else can.
 * One try, as long as the attempt lasts; a failure is logged, for there is no place left to remember it in.
 */
export async function revokeReceived(
  ports: Pick<Ports, "fetchFor" | "clock" | "log">,
  provider: Provider,
  connection: Connection,
  client: ClientCredentials,
  tokens: TokenSet,
  author: Author,
  invocation: Invocation,
): Promise<void> {
  const { revocation } = provider;
  // Within its own attempt: after that, somebody may have authorized anew, and the call could end the new grant.
  const endsAt = Math.min(author.now + timing.attempt, invocation.endsAt - 500);
  const timeoutMilliseconds = Math.min(timing.provider, endsAt - ports.clock.now());
  if (revocation === undefined || timeoutMilliseconds <= 0) {
    const outcome = revocation === undefined ? "unsupported" : "no_time";
    ports.log.warn("Tokens arrived for a connection that had been revoked, and could not be revoked.", {
      connection: connection.id,
      outcome,
    });
    return;
  }
  const request = revocation.request({ origin: connection.origin, client, ...tokens });
  const result = await requestRevocation(provider, request, {
    fetch: ports.fetchFor(provider),
    timeoutMilliseconds,
    now: ports.clock.now,
  });
  ports.log.warn("Tokens arrived for a connection that had been revoked, and were revoked themselves.", {
    connection: connection.id,
    outcome: result.ok ? "revoked" : "failed",
    ...(result.ok ? {} : { provider_reason: result.failure.reason }),
  });
}
