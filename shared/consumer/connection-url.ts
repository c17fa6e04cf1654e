import { TokenError } from "./token-error.ts";

/**
 * The URL that a request of a connection goes to.
 *
 * @param origin of the connection: an origin, or (in the local sandbox) one with a path in front of everything
 * @param input a path, which goes on from the origin, or a URL within it
 * @throws TokenError `origin_refused` where it is neither: the token would go to somebody else
 */
export function connectionUrl(connection: string, origin: string, input: string): URL {
  const isPath = input.startsWith("/") && !input.startsWith("//");
  const url = parse(isPath ? origin + input : input);
  if (url !== undefined && isWithin(url, origin)) return url;
  throw new TokenError(
    "origin_refused",
    connection,
    `The token of ${connection} goes to ${origin} and nowhere else. Give a path that begins with a slash, or a URL there.`,
  );
}

/** True where a URL belongs to an origin, and lies below its path where it has one. */
export function isWithin(url: URL, origin: string): boolean {
  const base = new URL(origin);
  const path = base.pathname.endsWith("/") ? base.pathname : `${base.pathname}/`;
  const isThere = url.pathname === base.pathname || url.pathname.startsWith(path);
  return url.origin === base.origin && isThere && url.username === "" && url.password === "";
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
