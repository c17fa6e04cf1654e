import { connectionId } from "../../shared/broker/connection-id.ts";
import type { Provider } from "../../shared/providers/provider.ts";
import { loopbackNames } from "../broker/broker-address.ts";
import { CommandError } from "../command-error.ts";
import { knownProviders } from "../known-providers.ts";
import type { Session } from "../session.ts";
import type { Target } from "../target.ts";
import type { Check, Finding } from "./finding.ts";
import { callbackFinding, hostFinding, pageFinding, publicUrlAdvice } from "./provider-findings.ts";

type Found = Omit<Finding, "check">;

/** An account of this name is never connected: what is asked for it ends at the provider's page. */
const account = "chaveiro-doctor";

/** The shortest life that a ticket can have, in seconds. */
const ticketSeconds = 60;

/** How long a provider may take to answer at all, in milliseconds. */
const longestAnswer = 10_000;

/**
 * Does what a browser would do, the provider's page included, which creates nothing: it shows the callback URL that the provider
 * is given, that client credentials are stored, and what the provider says of both. One check for each provider.
 */
export function authorizationChecks(session: Session, target: Target): readonly Check[] {
  return [...knownProviders.values()].map((provider) => ({
    name: provider.id,
    needs: "permissions",
    run: () => checkProvider(session, target, provider),
  }));
}

async function checkProvider(session: Session, { broker }: Target, provider: Provider): Promise<readonly Found[]> {
  const { id, name, origin } = provider;
  if (origin === undefined) {
    return [{ verdict: "skipped", found: `not looked at: every customer of ${name} has a host of their own` }];
  }
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
    return [{ verdict: "problem", found, advice: publicUrlAdvice }];
  }
  const location = start.headers.get("location");
  if (start.status !== 302 || location === null) {
    const found = `the broker cannot send a browser to ${name} (${start.status})`;
    return [{ verdict: "problem", found, advice: `Store client credentials: chaveiro client set ${id}` }];
  }
  const page = new URL(location);
  const callback = page.searchParams.get("redirect_uri") ?? "";
  const isSandbox = loopbackNames.has(page.hostname);
  const tokenHost = isSandbox ? page.origin : origin;
  return [
    callbackFinding(callback, await visit(session, callback)),
    pageFinding(provider, isSandbox, page.origin, (await visit(session, location))?.status),
    hostFinding(name, tokenHost, (await visit(session, tokenHost))?.status),
  ];
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
