import type { AuthorizationOutcome, AuthorizationRequest } from "./authorization.ts";
import type { Connection } from "./connection.ts";
import { connectionId } from "./connection-id.ts";
import type { Ports } from "./ports.ts";

export type CallbackResult =
  /** Nobody started it here, or too long ago. Nothing was exchanged and nothing spent. */
  | { readonly kind: "unknown" }
  | { readonly kind: "expired"; readonly request: AuthorizationRequest }
  /** Another browser than the one that started, which must not learn whose request it is. Nothing was exchanged and nothing spent. */
  | { readonly kind: "other-browser" }
  | { readonly kind: "ended"; readonly request: AuthorizationRequest }
  /** An exchange of the same callback is under way. */
  | { readonly kind: "under-way"; readonly request: AuthorizationRequest };

/** An authorization that was taken and has no outcome after this will never get one. */
const longestExchange = 30_000;

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

/** Stores how an authorization ended. Never throws: whoever comes again finds it out from the connection. */
export async function finish(
  ports: Pick<Ports, "authorizations" | "log">,
  request: AuthorizationRequest,
  outcome: AuthorizationOutcome,
): Promise<void> {
  await ports.authorizations.finishRequest(request.reference, outcome).catch((error: unknown) => {
    ports.log.warn("The outcome of an authorization could not be stored.", { reference: request.reference, error });
  });
}
