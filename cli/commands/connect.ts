import type { Command } from "commander";
import { type ConnectionId, splitConnectionId } from "../../shared/broker/connection-id.ts";
import type { BrokerClient, Ticket } from "../broker/broker-client.ts";
import { connectionArgument, linkLifeArgument, secondsArgument } from "../broker/connection-argument.ts";
import type { Metadata } from "../broker/metadata.ts";
import { CommandError, isPassing } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { knownProviders } from "../known-providers.ts";
import { optionsOf, print, type Session } from "../session.ts";
import { findTarget } from "../target.ts";
import { printable } from "../terminal/printable.ts";
import { duration, fromNow } from "../terminal/times.ts";
import { wasAuthorized } from "./connected.ts";
import { openInBrowser } from "./open-in-browser.ts";

type ConnectOptions = {
  readonly open?: true;
  readonly wait: boolean;
  readonly timeout?: number;
  readonly expiresIn?: number;
  readonly returnTo?: string;
  readonly allowOtherAccount?: true;
};

/** Between two looks at the connection, in milliseconds. */
const pause = 1_000;

export function addConnect(program: Command, session: Session): void {
  program
    .command("connect")
    .description("print a link by which the account's owner connects it, and wait until that is done")
    .argument("<connection>", "{provider}/{account}", connectionArgument)
    .option("--open", "open the link in this machine's browser")
    .option("--no-wait", "end as soon as the link is printed")
    .option(
      "--timeout <seconds>",
      "wait no longer than this; as long as the link is good unless given",
      secondsArgument,
    )
    .option("--expires-in <seconds>", "how long the link is good: 60 to 604800, 3600 unless given", linkLifeArgument)
    .option("--return-to <url>", "where the owner's browser ends")
    .option("--allow-other-account", "let the owner replace the provider's account by another one")
    .action(async (id: ConnectionId, _, command: Command) => {
      const options = optionsOf<ConnectOptions>(command);
      requirePage(id);
      const { broker } = await findTarget(session, options);
      const before = await broker.find(id);
      const ticket = await broker.createTicket(id, wanted(options));
      print(session, options, ticket, () => [ticket.authorization_url]);
      const { terminal, clock } = session;
      terminal.say(
        `Whoever opens the link connects the account. It expires ${fromNow(ticket.expires_at, clock.now())}.`,
      );
      if (options.open) await openInBrowser(session, ticket.authorization_url);
      if (!options.wait) return;
      terminal.say("Waiting until somebody has. Ctrl-C ends only the waiting.");
      const waiting = untilConnected(session, broker, { id, ticket, before, timeout: options.timeout });
      const connection = await waiting.catch((error: unknown) => {
        if (!(error instanceof CommandError) || error.code !== "interrupted") throw error;
        const advice = `The link stays good until ${ticket.expires_at}.`;
        throw new CommandError(error.code, error.exitCode, error.message, { advice, cause: error });
      });
      if (options.json) print(session, options, connection, () => []);
      const label = connection.label === null ? "" : `${printable(connection.label)}, `;
      terminal.say(`${id} is connected: ${label}${connection.status}, generation ${connection.generation}.`);
    });
}

/** @throws CommandError where the provider is one that nobody authorizes at */
function requirePage(id: ConnectionId): void {
  const provider = knownProviders.get(splitConnectionId(id).provider);
  if (provider === undefined || provider.authorizationUrl !== undefined) return;
  const message = `${provider.name} has no page to authorize an account at.`;
  const advice = `Hand in the customer's own key: chaveiro import ${id} --origin https://…`;
  throw new CommandError("invalid_request", exitCodes.usage, message, { advice });
}

function wanted({ expiresIn, returnTo, allowOtherAccount }: ConnectOptions) {
  return {
    ...(returnTo === undefined ? {} : { return_to: returnTo }),
    ...(expiresIn === undefined ? {} : { expires_in_seconds: expiresIn }),
    ...(allowOtherAccount === undefined ? {} : { allow_other_account: true }),
  };
}

async function untilConnected(
  { terminal, clock }: Session,
  broker: BrokerClient,
  input: {
    readonly id: ConnectionId;
    readonly ticket: Ticket;
    readonly before: Metadata | undefined;
    readonly timeout: number | undefined;
  },
): Promise<Metadata> {
  const { id, ticket, timeout } = input;
  const end = Math.min(Date.parse(ticket.expires_at), timeout === undefined ? Infinity : clock.now() + timeout * 1_000);
  let before = input.before;
  let isUnclear = false;
  while (clock.now() < end) {
    terminal.progress(`${duration(end - clock.now())} left until ${id} has to be connected`);
    await clock.sleep(Math.min(pause, end - clock.now()));
    const after = await broker.find(id).catch((error: unknown) => {
      if (isPassing(error)) return before;
      throw error;
    });
    const authorized = wasAuthorized(before, after);
    if (after !== undefined && authorized === "yes") return after;
    if (authorized === "unclear" && !isUnclear) terminal.say(`${id} was refreshed, which can hide an authorization.`);
    isUnclear ||= authorized === "unclear";
    before = after ?? before;
  }
  const expires = `The link expires ${fromNow(ticket.expires_at, clock.now())}.`;
  const [message, advice] = isUnclear
    ? [`It is not certain whether somebody has connected ${id}.`, `${expires} Opened again, one that was used says so.`]
    : [`Nobody has connected ${id} so far.`, `${expires} chaveiro show ${id} says whether it was used.`];
  throw new CommandError("not_connected", exitCodes.later, message, { advice });
}
