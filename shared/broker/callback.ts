import type { AuthorizationOutcome, AuthorizationRequest } from "./authorization.ts";
import { type CallbackResult, describeTaken, finish } from "./authorization-outcome.ts";
import { codeVerifier } from "./code-verifier.ts";
import { connectionId } from "./connection-id.ts";
import { matchesDigest } from "./digest.ts";
import { exchangeCode } from "./exchange-code.ts";
import { requireProvider } from "./known-provider.ts";
import type { Invocation } from "./ports.ts";
import { type CallbackPorts, giveBack, prepare } from "./prepare-exchange.ts";
import { referenceOf } from "./start-authorization.ts";
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
  if (request.expiresAt <= ports.clock.now()) return { kind: "expired", request };

  const id = connectionId(request.provider, request.account);
  const invocation: Invocation = { actor: `ticket:${request.ticketHash.slice(0, 12)}`, endsAt };
  const prepared = input.code === undefined ? undefined : await prepare(ports, provider, request, id, invocation);
  const by = ports.random.id();
  if (!(await take(ports, request, by))) {
    await giveBack(ports, prepared);
    const found = await ports.authorizations.readRequest(request.reference);
    return found === undefined ? { kind: "unknown" } : describeTaken(ports, found);
  }
  const code =
    input.code === undefined ? undefined : { code: input.code, codeVerifier: codeVerifier(input.binding, input.state) };
  const outcome =
    prepared === undefined || code === undefined
      ? declined(input.error)
      : await exchangeCode(ports, provider, request, prepared, code, by, invocation);
  if (outcome.result !== "authorized") await giveBack(ports, prepared);
  await finish(ports, request, outcome);
  return { kind: "ended", request: { ...request, outcome } };
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
