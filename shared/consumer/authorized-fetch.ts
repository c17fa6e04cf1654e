import type { AccessToken } from "./access-token.ts";
import { readAccessTokenCookie, setAccessTokenCookie } from "./access-token-cookie.ts";
import { connectionUrl } from "./connection-url.ts";
import { type Body, mostRedirects, redirectOf, type Step } from "./redirect.ts";
import type { TokenCache } from "./token-cache.ts";

/** What sends the requests of connections, and the tokens it sends them with. */
export type AuthorizedFetchParts = {
  readonly fetch: typeof globalThis.fetch;
  readonly auth: "bearer" | "cookie";
  /** @throws TokenError */
  current(connection: string, signal: AbortSignal | undefined): Promise<AccessToken>;
  /** @returns another token than the one that was rejected; undefined where there is none at the moment */
  replace(connection: string, rejected: string, signal: AbortSignal | undefined): Promise<AccessToken | undefined>;
} & Pick<TokenCache, "cookieOf" | "keepCookie">;

/**
 * Sends a request with a connection's token, to the connection's own origin alone. An answer of 401 is taken for a token
 * that is not valid any more: it is replaced, and the request sent once more where its body can be.
 */
export function authorizedFetch(parts: AuthorizedFetchParts) {
  return async function authorized(
    connection: string,
    input: string | URL | Request,
    init: RequestInit = {},
  ): Promise<Response> {
    const [target, original] = input instanceof Request ? [input.url, ofRequest(input, init)] : [String(input), init];
    const signal = original.signal ?? undefined;
    const token = await parts.current(connection, signal);
    const cookie = parts.auth === "cookie" ? parts.cookieOf(connection) : undefined;
    const first = await send(parts, connection, target, original, token, cookie ?? token.accessToken);
    if (first.response.status !== 401 || !first.carriesToken) return first.response;
    if (cookie !== undefined) parts.keepCookie(connection, undefined, 0);
    const other = cookie === undefined ? await parts.replace(connection, token.accessToken, signal) : token;
    if (other === undefined || !isReplayable(original.body ?? null)) return first.response;
    await first.response.body?.cancel();
    if (cookie !== undefined) return authorized(connection, input, init);
    return (await send(parts, connection, target, original, other, other.accessToken)).response;
  };
}

/** A Request's own members, under those that are given beside it. Its body flows, also where it was made of a text. */
function ofRequest({ method, headers, body, signal, redirect }: Request, init: RequestInit): RequestInit {
  const given = Object.entries(init).filter(([, value]) => value != null);
  return { method, headers, body, signal, redirect, duplex: "half", ...Object.fromEntries(given) };
}

/** True where a body can be sent a second time. What flows can not. */
function isReplayable(body: Body): boolean {
  return typeof body !== "object" || body === null || !(Symbol.asyncIterator in body);
}

async function send(
  { fetch, auth, keepCookie }: AuthorizedFetchParts,
  connection: string,
  target: string,
  { redirect, ...original }: RequestInit,
  { origin }: AccessToken,
  accessToken: string,
): Promise<{ readonly response: Response; readonly carriesToken: boolean }> {
  const url = connectionUrl(connection, origin, target);
  const method = (original.method ?? "GET").toUpperCase();
  const headers = new Headers(original.headers);
  if (auth === "cookie") setAccessTokenCookie(headers, accessToken);
  else headers.set("authorization", `Bearer ${accessToken}`);
  let step: Step = { url, method, headers, body: original.body ?? null, carriesToken: true };
  for (let redirects = 0; ; redirects++) {
    const { url: to, carriesToken, ...sent } = step;
    const response = await fetch(to, { ...original, ...sent, redirect: redirect === "error" ? redirect : "manual" });
    const set = carriesToken && auth === "cookie" ? readAccessTokenCookie(response.headers) : undefined;
    if (set !== undefined) keepCookie(connection, set.accessToken, set.maxAgeSeconds);
    const next = redirect === "manual" ? undefined : redirectOf(step, response, origin, isReplayable(step.body));
    if (next === undefined) return { response, carriesToken };
    await response.body?.cancel();
    if (redirects === mostRedirects) throw new TypeError("The API redirects again and again.");
    step = next;
  }
}
