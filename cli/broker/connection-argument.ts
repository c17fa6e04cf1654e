import { InvalidArgumentError } from "commander";
import { type ConnectionId, connectionId } from "../../shared/broker/connection-id.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";

/** How long a link can be good, in seconds. The broker says the same: a test compares the two. */
export const linkLife = { least: 60, most: 604_800 } as const;

/** Reads a connection's id from the command line. @throws CommandError `invalid_request` */
export function connectionArgument(text: string): ConnectionId {
  const slash = text.indexOf("/");
  try {
    return connectionId(text.slice(0, Math.max(0, slash)), text.slice(slash + 1));
  } catch {
    throw new CommandError("invalid_request", exitCodes.usage, `No connection is named ${text}.`, {
      advice:
        "Names are {provider}/{account}, such as rd-station/acme. An account has 1 to 64 letters without accents, digits, dots, underscores and hyphens, a letter or digit first.",
    });
  }
}

/** Reads a whole number of seconds from the command line. @throws InvalidArgumentError */
export function secondsArgument(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It has to be a whole number of seconds.");
}

/** Reads how many seconds a link is good. @throws InvalidArgumentError */
export function linkLifeArgument(text: string): number {
  const seconds = secondsArgument(text);
  if (seconds >= linkLife.least && seconds <= linkLife.most) return seconds;
  throw new InvalidArgumentError(`It has to be from ${linkLife.least} to ${linkLife.most} seconds.`);
}
