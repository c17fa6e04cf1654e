import { InvalidArgumentError } from "commander";
import { type ConnectionId, connectionId } from "../../shared/broker/connection-id.ts";

/** Reads a connection's id from the command line. @throws InvalidArgumentError */
export function connectionArgument(text: string): ConnectionId {
  const slash = text.indexOf("/");
  try {
    return connectionId(text.slice(0, Math.max(0, slash)), text.slice(slash + 1));
  } catch {
    throw new InvalidArgumentError("A connection is named {provider}/{account}, for example rd-station/acme.");
  }
}

/** Reads a whole number of seconds from the command line. @throws InvalidArgumentError */
export function secondsArgument(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It has to be a whole number of seconds.");
}
