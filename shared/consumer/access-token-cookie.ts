/* iTFLEX takes its access token as a cookie, too. Its refresh token, which is the key itself, has a cookie of its own: it is never sent. */

const accessCookie = "access-token";
const refreshCookie = "refresh-token";

/** Puts the access token among a request's cookies, in place of any other. */
export function setAccessTokenCookie(headers: Headers, accessToken: string): void {
  const others = (headers.get("cookie") ?? "")
    .split(";")
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== "" && ![accessCookie, refreshCookie].includes(nameOf(cookie)));
  headers.set("cookie", [...others, `${accessCookie}=${accessToken}`].join("; "));
}

/**
 * Reads the access token that a response sets, and how long it may be used.
 *
 * @returns undefined where it sets none, or does not say for how long
 * @see RFC 6265 §4.1
 */
export function readAccessTokenCookie(
  headers: Headers,
): { readonly accessToken: string; readonly maxAgeSeconds: number } | undefined {
  for (const cookie of headers.getSetCookie()) {
    const [pair = "", ...attributes] = cookie.split(";").map((part) => part.trim());
    const accessToken = textOf(pair);
    const maxAge = attributes.find((attribute) => nameOf(attribute).toLowerCase() === "max-age");
    const maxAgeSeconds = Number(maxAge === undefined ? 0 : textOf(maxAge));
    if (nameOf(pair) === accessCookie && accessToken !== "" && maxAgeSeconds > 0) return { accessToken, maxAgeSeconds };
  }
  return undefined;
}

function nameOf(pair: string): string {
  return pair.split("=", 1)[0] ?? "";
}

function textOf(pair: string): string {
  return pair.slice(nameOf(pair).length + 1);
}
