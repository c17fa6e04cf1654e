import { isWithin } from "./connection-url.ts";

/** What a request can carry. */
export type Body = NonNullable<RequestInit["body"]> | null;

/** One request on its way. */
export type Step = {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Body;
  /** False from the moment that a redirect has left the connection's origin, also where another leads back. */
  readonly carriesToken: boolean;
};

/** Redirects that are followed before it is called a loop, as by browsers. */
export const mostRedirects = 20;

const statuses = [301, 302, 303, 307, 308];
/** `fetch` sets the host itself. */
const ofOrigin = ["authorization", "proxy-authorization", "cookie"];

/**
 * Where a redirect leads, as `fetch` would follow it, without the token once it leaves the origin.
 *
 * @returns undefined where the response is no redirect
 * @throws TypeError where it cannot be followed
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export function redirectOf(step: Step, response: Response, origin: string, isReplayable: boolean): Step | undefined {
  const location = response.headers.get("location");
  if (!statuses.includes(response.status) || location === null) return undefined;
  const url = new URL(location, step.url);
  if (!/^https?:$/.test(url.protocol)) throw new TypeError("A redirect leads out of HTTP.");
  const becomesGet =
    (response.status === 303 && step.method !== "GET" && step.method !== "HEAD") ||
    (response.status < 303 && step.method === "POST");
  if (!becomesGet && step.body !== null && !isReplayable) {
    throw new TypeError("A redirect asks for the body again.");
  }
  const headers = new Headers(step.headers);
  if (becomesGet) for (const name of step.headers.keys()) if (name.startsWith("content-")) headers.delete(name);
  const staysThere = isWithin(url, origin);
  if (!staysThere) for (const name of ofOrigin) headers.delete(name);
  return {
    url,
    method: becomesGet ? "GET" : step.method,
    headers,
    body: becomesGet ? null : step.body,
    carriesToken: step.carriesToken && staysThere,
  };
}
