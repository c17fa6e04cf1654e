import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";

/** Where `npm start` listens. */
export const localUrl = "http://127.0.0.1:8788";

/** What this machine is called by those who mean itself. */
export const loopbackNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

export type BrokerAddress = {
  /** No trailing slash. */
  readonly url: string;
  /** On this machine, over plain HTTP: nobody signs there, and there is no AWS behind it. */
  readonly isLocal: boolean;
  /** Of an address that API Gateway has given; undefined elsewhere. */
  readonly region: string | undefined;
};

/**
 * Reads a broker's URL. What is sent there are refresh tokens and signed requests, so it is https, or stays on this machine.
 *
 * @throws CommandError `invalid_request`
 */
export function readAddress(text: string): BrokerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url?.protocol === "http:" && loopbackNames.has(url.hostname);
  if (url === undefined || (url.protocol !== "https:" && !isLocal) || url.username !== "" || url.search !== "") {
    // A password, or whatever else is not meant for a log, is not said again.
    const shown = /[@?]/.test(text) ? "What was given" : text;
    throw new CommandError("invalid_request", exitCodes.usage, `${shown} is no address of a broker.`, {
      advice: "Give an https URL, or an http URL of this machine, such as http://127.0.0.1:8788.",
    });
  }
  const region = /^[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(url.hostname)?.[1];
  return { url: `${url.origin}${url.pathname}`.replace(/\/+$/, ""), isLocal, region };
}
