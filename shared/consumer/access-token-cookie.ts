/* iTFLEX takes its access token as a cookie, too. Its refresh token, which is the key itself, has a cookie of its own: it is never sent. */

/** Puts the access token among a request's cookies, in place of any other. */
export function setAccessTokenCookie(headers: Headers, accessToken: string): void {
  const others = (headers.get("cookie") ?? "")
    .split(";")
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== "" && !/^(?:access|refresh)-token(?:=|$)/.test(cookie));
  headers.set("cookie", [...others, `access-token=${accessToken}`].join("; "));
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
    const accessToken = /^access-token=([!-:<-~]+)/.exec(cookie)?.[1];
    const maxAgeSeconds = Number(/; *max-age=(\d+)/i.exec(cookie)?.[1] ?? 0);
    if (accessToken !== undefined && maxAgeSeconds > 0) return { accessToken, maxAgeSeconds };
  }
  return undefined;
}
