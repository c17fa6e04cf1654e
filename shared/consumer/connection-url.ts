import { TokenError } from "./token-error.ts";

/**
 * The URL that a request of a connection goes to.
 *
 * @param origin of the connection: an origin, or (in the local sandbox) one with a path in front of everything
 * @param input a path, which goes on from the origin, or a URL within it
 * @throws TokenError `origin_refused` where it is neither: the token would go to somebody else
 */
export function connectionUrl(connection: string, origin: string, input: string): URL {
  const target = /^\/(?!\/)/.test(input) ? origin + input : input;
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (url !== undefined && isWithin(url, origin)) return url;
  throw new TokenError(
    "origin_refused",
    connection,
    `The token of ${connection} goes to ${origin} and nowhere else. Give a path, such as /contacts.`,
  );
}

/** True where a URL belongs to an origin, and lies below its path where it has one. */
export function isWithin(url: URL, origin: string): boolean {
  const base = new URL(origin);
  const path = base.pathname.replace(/\/*$/, "/");
  return url.origin === base.origin && `${url.pathname}/`.startsWith(path) && url.username + url.password === "";
}
