import { connect, isIPv4, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { NotSentError } from "../../oauth/transport-error.ts";

export type HostConnection = {
  /** In any order, all of them allowed. Nothing is looked up any more. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** undefined for plain HTTP, which is only for this machine's own addresses. */
  readonly tls: { readonly serverName: string; readonly trust: SecureContext } | undefined;
  /** By `performance.now()`. */
  readonly deadline: number;
  readonly signal: AbortSignal;
};

/** Tried at most; a host of which so many do not answer counts as down. */
const maximumAddresses = 4;

/**
 * Connects to the first address that takes a connection, IPv4 before IPv6, and makes the TLS handshake there. Each
 * address gets its share of the time, so that one that swallows packets does not use up all of it.
 *
 * @returns a socket that is ready for a request
 * @throws NotSentError with the system's code: of the first address where none takes a connection, or of the handshake,
 * which is not tried elsewhere. Where the signal was aborted, its reason. Nothing has been sent, and nothing stays open.
 */
export async function connectToHost({ addresses, port, tls, deadline, signal }: HostConnection): Promise<Socket> {
  const socket = await connectToAny(addresses, port, deadline, signal);
  if (tls === undefined) return socket;
  const secured = connectTls({
    socket,
    servername: tls.serverName,
    secureContext: tls.trust,
    ALPNProtocols: ["http/1.1"],
    // Said here because an environment variable of Node's decides where nothing is said.
    rejectUnauthorized: true,
  });
  return await ready(secured, "secureConnect", deadline, signal);
}

async function connectToAny(
  addresses: readonly string[],
  port: number,
  deadline: number,
  signal: AbortSignal,
): Promise<Socket> {
  const inOrder = [...addresses.filter(isIPv4), ...addresses.filter((address) => !isIPv4(address))];
  const tried = inOrder.slice(0, maximumAddresses);
  let first: unknown;
  signal.throwIfAborted();
  for (const [index, host] of tried.entries()) {
    const now = performance.now();
    const share = (deadline - now) / (tried.length - index);
    try {
      return await ready(connect({ host, port, noDelay: true }), "connect", now + share, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      first ??= error;
    }
  }
  throw first ?? new NotSentError("ENOTFOUND", "The host has no address.");
}

async function ready<Kind extends Socket>(
  socket: Kind,
  event: "connect" | "secureConnect",
  deadline: number,
  signal: AbortSignal,
): Promise<Kind> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort = () => {};
  // Stays: an error that comes before the request listens must not end the process.
  socket.on("error", () => undefined);
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (code: unknown) =>
        reject(new NotSentError(typeof code === "string" ? code : "network_error", "No connection to the host."));
      abort = () => reject(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener("abort", abort, { once: true });
      timer = setTimeout(fail, deadline - performance.now(), "ETIMEDOUT");
      socket.once(event, resolve);
      socket.once("error", (error) => fail("code" in error ? error.code : undefined));
      socket.once("close", () => fail("ECONNRESET"));
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
