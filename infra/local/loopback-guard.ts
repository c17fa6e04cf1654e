import { loopbackNames } from "../../shared/runtime/config.ts";

export type GuardedRequest = {
  /** The Host header as received. */
  readonly host: string | undefined;
  /** The Sec-Fetch-Site header as received; absent from everything that is not a browser. */
  readonly secFetchSite: string | undefined;
  /** The Origin header as received; absent from everything that is not a browser, and from what a browser's user asks for. */
  readonly origin: string | undefined;
  /** True for routes that a page on the internet must not reach: `/v1`, `/_sandbox`, `/_local`, console actions. */
  readonly sameSiteOnly: boolean;
  /** True where a proxy says that it passes somebody else's request on. */
  readonly isForwarded?: boolean;
};

/**
 * Decides whether a local port may answer a request at all.
 *
 * Listening on 127.0.0.1 does not keep web pages out: DNS rebinding arrives with a foreign Host header, and a cross-site form
 * or fetch arrives with a `Sec-Fetch-Site` that says so, or, from an older browser, with the `Origin` of its page alone. A tunnel,
 * which the provider's browser routes may come through, brings the whole internet: what it passes on reaches those routes and
 * no others.
 *
 * @returns the status to refuse with (421 for a foreign Host, 403 for a cross-site or forwarded request), or undefined to go on.
 */
export function loopbackRefusal(request: GuardedRequest): 421 | 403 | undefined {
  const name = request.host?.toLowerCase().replace(/:\d+$/, "");
  if (name === undefined || !loopbackNames.has(name)) return 421;
  if (request.sameSiteOnly && request.isForwarded) return 403;
  if (request.sameSiteOnly && !isOwnPage(request)) return 403;
  return undefined;
}

/** True for a request of our own page, of a browser's user, or of a program. */
function isOwnPage({ host, secFetchSite, origin }: GuardedRequest): boolean {
  if (secFetchSite !== undefined) return secFetchSite === "same-origin" || secFetchSite === "none";
  return origin === undefined || origin === `http://${host}`;
}
