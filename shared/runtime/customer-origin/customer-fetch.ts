import type { SecureContext } from "node:tls";
import type { Fetch } from "../../oauth/http.ts";
import { NotSentError } from "../../oauth/transport-error.ts";
import { loopbackAddresses, type OriginRules, readCustomerOrigin } from "./customer-origin.ts";
import { connectToHost } from "./host-connection.ts";
import { exchangeOverSocket } from "./host-exchange.ts";
import { dnsResolver, type ResolveHost } from "./host-resolver.ts";
import { hostTrust } from "./host-trust.ts";
import { isPublicAddress } from "./public-address.ts";

export type CustomerFetchOptions = {
  readonly origins?: OriginRules;
  /** Certificates of one's own, in PEM, believed beside the usual roots: see `hostTrust`. */
  readonly privateAuthorities?: string;
  /**
   * For looking up, connecting and the TLS handshake together; 4000. Shorter than the whole exchange may take, so that a
   * host that cannot be reached is told from one that does not answer.
   */
  readonly connectMilliseconds?: number;
};

/** What no setting reaches: tests put their own in place of the network's. */
export type CustomerNetwork = {
  readonly resolve: ResolveHost;
  readonly isAllowed: (address: string) => boolean;
};

const internet: CustomerNetwork = { resolve: dnsResolver(), isAllowed: isPublicAddress };

/**
 * A fetch for hosts that strangers name. Every call reads the URL's origin by the rules of `readCustomerOrigin`, looks the
 * host up once, refuses it where any of its addresses is not public, and connects to an address it has seen: there is no
 * second look-up whose answer could differ. Each call makes its own connection. Redirects are returned and never
 * followed, proxies of the environment are not used, and certificates are always verified.
 *
 * Rejects with `NotSentError` as long as nothing has been sent: `invalid_request`, `origin_refused`, `address_refused`, or
 * the system's code of looking up, connecting or the handshake. After that, with an error that has at most a code, and the
 * catcher treats a token in the request as possibly spent. No error quotes a URL, a header or a body. An abort rejects
 * with the signal's reason. Time and length are the caller's to limit, by the signal and by reading no more, as
 * `sendRequest` does.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
 *
 * @throws Error at once where `privateAuthorities` cannot be read: correct the setting
 */
export function customerFetch(options: CustomerFetchOptions = {}, network: CustomerNetwork = internet): Fetch {
  const { origins = {}, privateAuthorities, connectMilliseconds = 4000 } = options;
  let trust: SecureContext | undefined = privateAuthorities === undefined ? undefined : hostTrust(privateAuthorities);

  return async (input, init) => {
    const request = readRequest(input, init);
    const url = new URL(request.url);
    if (!readCustomerOrigin(url.origin, origins).ok) {
      throw new NotSentError("origin_refused", "The origin is not one that a customer may give.");
    }
    const isPlain = url.protocol === "http:";
    if (!isPlain) trust ??= hostTrust();
    const signal = init?.signal ?? request.signal;
    const bytes = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    const deadline = performance.now() + connectMilliseconds;

    const socket = await beforeSending(connectMilliseconds, signal, async (connecting) => {
      const addresses = isPlain
        ? [loopbackAddresses.get(url.hostname) ?? ""]
        : await lookUp(network, url.hostname, connecting);
      const tls = isPlain || trust === undefined ? undefined : { serverName: url.hostname, trust };
      const port = Number(url.port || (isPlain ? 80 : 443));
      return await connectToHost({ addresses, port, tls, deadline, signal: connecting });
    });

    return await exchangeOverSocket(socket, {
      method: request.method,
      host: url.host,
      path: url.pathname + url.search,
      headers: Object.fromEntries(request.headers),
      body: bytes ?? (request.method === "GET" || request.method === "HEAD" ? undefined : new Uint8Array()),
      signal,
    });
  };
}

/** Its own errors quote what they refuse. */
function readRequest(input: Parameters<Fetch>[0], init: Parameters<Fetch>[1]): Request {
  try {
    return new Request(input, init);
  } catch {
    throw new NotSentError("invalid_request", "The request cannot be sent.");
  }
}

async function lookUp(network: CustomerNetwork, host: string, signal: AbortSignal): Promise<readonly string[]> {
  const addresses = await network.resolve(host, signal).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw new NotSentError(typeof code === "string" ? code : "ENOTFOUND", "The host could not be looked up.");
  });
  if (addresses.length === 0) throw new NotSentError("ENOTFOUND", "The host has no address.");
  if (!addresses.every(network.isAllowed)) {
    throw new NotSentError("address_refused", "The host has an address that is not on the internet.");
  }
  return addresses;
}

/** Runs what comes before the request, for so long at most. A race too: a look-up that ignores its signal holds nobody up. */
async function beforeSending<Value>(
  milliseconds: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  outer.throwIfAborted();
  const phase = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    phase.signal.addEventListener("abort", () => reject(phase.signal.reason), { once: true });
  });
  const forward = () => phase.abort(outer.reason);
  outer.addEventListener("abort", forward, { once: true });
  const timer = setTimeout(() => phase.abort(new NotSentError("ETIMEDOUT", "No connection in time.")), milliseconds);
  try {
    return await Promise.race([work(phase.signal), stopped]);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", forward);
  }
}
