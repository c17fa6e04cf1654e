import { connectionId } from "../../shared/broker/connection-id.ts";
import { loopbackNames } from "../broker/broker-address.ts";
import { CommandError } from "../command-error.ts";
import { knownProviders } from "../known-providers.ts";
import type { Session } from "../session.ts";
import type { Target } from "../target.ts";
import type { Check, Finding } from "./finding.ts";

type Found = Omit<Finding, "check">;

/** An account of this name is never connected: what is asked for it ends at the provider's page. */
const account = "chaveiro-doctor";

/** The shortest life that a ticket can have, in seconds. */
const ticketSeconds = 60;

/** How long a provider may take to answer at all, in milliseconds. */
const longestAnswer = 10_000;

/**
 * Does what a browser would do, up to the provider's page: it shows the callback URL that the provider is given, that client
 * credentials are stored, and where the provider is. One check for each provider that people authorize at.
 */
export function authorizationChecks(session: Session, target: Target): readonly Check[] {
  return [...knownProviders.values()]
    .filter(({ authorizationUrl }) => authorizationUrl !== undefined)
    .map(({ id, name }) => ({ name: id, needs: "permissions", run: () => checkProvider(session, target, id, name) }));
}

async function checkProvider(
  session: Session,
  { broker }: Target,
  id: string,
  name: string,
): Promise<readonly Found[]> {
  let ticket: { readonly authorization_url: string };
  try {
    ticket = await broker.createTicket(connectionId(id, account), { expires_in_seconds: ticketSeconds });
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== "provider_unknown") throw error;
    return [{ verdict: "skipped", found: `this broker does not know ${name}` }];
  }
  const start = await visit(session, ticket.authorization_url);
  if (start === undefined) {
    const found = `the link ${new URL(ticket.authorization_url).origin} is not reachable from here`;
    return [
      { verdict: "problem", found, advice: "The broker's PUBLIC_URL has to be the address that browsers reach it at." },
    ];
  }
  const page = start.headers.get("location");
  if (start.status !== 302 || page === null) {
    const found = `the broker cannot send a browser to ${name} (${start.status})`;
    return [{ verdict: "problem", found, advice: `Store client credentials: chaveiro client set ${id}` }];
  }
  const provider = new URL(page);
  const callback = provider.searchParams.get("redirect_uri") ?? "";
  return [
    await callbackFinding(session, callback, name, loopbackNames.has(provider.hostname)),
    await reachability(session, provider, name),
  ];
}

async function callbackFinding(session: Session, callback: string, name: string, isSandbox: boolean): Promise<Found> {
  const answer = await visit(session, callback);
  const isOurs = answer !== undefined && (answer.status === 400 || answer.status === 303);
  const register = isSandbox ? "the sandbox knows it" : `it has to be registered at ${name}, character by character`;
  if (isOurs) return { verdict: "ok", found: `the callback URL is ${callback}; ${register}` };
  const said = answer === undefined ? "is not reachable from here" : `answers ${answer.status}, which is not ours`;
  const advice = "The broker's PUBLIC_URL has to be the address that browsers reach it at.";
  return { verdict: "problem", found: `the callback URL ${callback} ${said}`, advice };
}

async function reachability(session: Session, provider: URL, name: string): Promise<Found> {
  const answer = await visit(session, provider.origin);
  if (answer !== undefined) return { verdict: "ok", found: `${name} answers this machine at ${provider.origin}` };
  const advice = "Look at the provider's status page, and at the way from this machine to it.";
  return { verdict: "warning", found: `${name} does not answer this machine at ${provider.origin}`, advice };
}

/** @returns the answer's head; undefined where nobody answers */
async function visit({ signal }: Session, url: string): Promise<Response | undefined> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(longestAnswer)]);
    const response = await fetch(url, { redirect: "manual", signal: limit });
    await response.body?.cancel();
    return response;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
