import { TokenError } from "./token-error.ts";

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * The broker's URL as requests begin with it.
 *
 * @returns without a slash at the end; undefined where none is given
 * @throws TokenError `invalid_request` where tokens would come over a connection that others can read
 */
export function brokerUrlOf(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && loopback.has(url.hostname))) {
    return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  }
  throw new TokenError("invalid_request", "", "The broker's URL (CHAVEIRO_URL) has to begin with https://.");
}
