import type { AccessToken } from "./access-token.ts";
import { readAccessTokenCookie, setAccessTokenCookie } from "./access-token-cookie.ts";
import { connectionUrl } from "./connection-url.ts";
import { type Body, mostRedirects, redirectOf, type Step } from "./redirect.ts";

/** What sends the requests of connections, and the tokens it sends them with. */
export type AuthorizedFetchParts = {
  readonly fetch: typeof globalThis.fetch;
  readonly auth: "bearer" | "cookie";
  /** @throws TokenError */
  current(connection: string, signal: AbortSignal | undefined): Promise<AccessToken>;
  /** @returns another token than the one that was rejected; undefined where there is none at the moment */
  replace(connection: string, rejected: string, signal: AbortSignal | undefined): Promise<AccessToken | undefined>;
  /** A token that came by `Set-Cookie`, as long as it may be used. */
  cookieOf(connection: string): string | undefined;
  /** @param accessToken undefined to forget the one that is kept */
  keepCookie(connection: string, accessToken: string | undefined, maxAgeSeconds: number): void;
};

/** A request as its caller meant it, before it is known where to. */
type Original = {
  readonly target: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Body;
  readonly signal: AbortSignal | undefined;
  readonly redirect: NonNullable<RequestInit["redirect"]>;
  readonly rest: RequestInit;
};

/**
 * Sends a request with a connection's token, to the connection's own origin alone. An answer of 401 is taken for a token
 * that is not valid any more: it is replaced, and the request sent once more where its body can be.
 */
export function authorizedFetch(parts: AuthorizedFetchParts) {
  return async (connection: string, input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const original = readOriginal(input, init);
    const token = await parts.current(connection, original.signal);
    const cookie = parts.auth === "cookie" ? parts.cookieOf(connection) : undefined;
    const first = await send(parts, connection, original, token, cookie ?? token.accessToken);
    if (first.response.status !== 401 || !first.carriesToken) return first.response;
    if (cookie !== undefined) parts.keepCookie(connection, undefined, 0);
    const other = cookie === undefined ? await parts.replace(connection, token.accessToken, original.signal) : token;
    if (other === undefined || !isReplayable(original.body)) return first.response;
    await first.response.body?.cancel();
    return (await send(parts, connection, original, other, other.accessToken)).response;
  };
}

function readOriginal(input: string | URL | Request, init: RequestInit): Original {
  const { method, headers, body, signal, redirect, ...rest } = init;
  const request = input instanceof Request ? input : undefined;
  const stream = body === undefined ? (request?.body ?? null) : body;
  return {
    target: request?.url ?? String(input),
    method: (method ?? request?.method ?? "GET").toUpperCase(),
    headers: new Headers(headers ?? request?.headers),
    body: stream,
    signal: signal ?? request?.signal,
    redirect: redirect ?? request?.redirect ?? "follow",
    rest: isReplayable(stream) ? rest : { ...rest, duplex: "half" },
  };
}

/** True where a body can be sent a second time. What flows can not. */
function isReplayable(body: Body): boolean {
  return (
    body === null ||
    typeof body === "string" ||
    body instanceof URLSearchParams ||
    body instanceof Blob ||
    body instanceof FormData ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body)
  );
}

async function send(
  { fetch, auth, keepCookie }: AuthorizedFetchParts,
  connection: string,
  { target, signal, redirect, rest, ...original }: Original,
  { origin }: AccessToken,
  accessToken: string,
): Promise<{ readonly response: Response; readonly carriesToken: boolean }> {
  const headers = new Headers(original.headers);
  if (auth === "cookie") setAccessTokenCookie(headers, accessToken);
  else headers.set("authorization", `Bearer ${accessToken}`);
  const url = connectionUrl(connection, origin, target);
  let step: Step = { url, method: original.method, headers, body: original.body, carriesToken: true };
  for (let redirects = 0; ; redirects++) {
    const { method, body } = step;
    const options = { ...rest, method, headers: step.headers, body, redirect: "manual" as const };
    const response = await fetch(step.url, signal === undefined ? options : { ...options, signal });
    const set = step.carriesToken && auth === "cookie" ? readAccessTokenCookie(response.headers) : undefined;
    if (set !== undefined) keepCookie(connection, set.accessToken, set.maxAgeSeconds);
    const next = redirect === "manual" ? undefined : redirectOf(step, response, origin, isReplayable(step.body));
    if (next === undefined) return { response, carriesToken: step.carriesToken };
    await response.body?.cancel();
    if (redirect === "error") throw new TypeError("The API answered with a redirect, and the caller wants none.");
    if (redirects === mostRedirects) throw new TypeError("The API redirects again and again.");
    step = next;
  }
}
