import type { IncomingMessage } from "node:http";
import { request as startRequest } from "node:https";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

export type HostRequest = {
  readonly method: string;
  readonly host: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal;
};

const decoders: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Sends one request over a socket that is connected already, TLS or not, and closes it after the answer. No agent, and so
 * no pool, no proxy and no connection of its own.
 *
 * @returns the answer as it came, a redirect too, as soon as its headers are there. The body is read from the network no
 * faster than its reader asks; cancelling it, or the signal, closes the connection.
 * @throws Error with the system's code and nothing else of the cause, which can quote what was received. Where the signal
 * was aborted, its reason. The request may have arrived.
 */
export async function exchangeOverSocket(socket: Socket, request: HostRequest): Promise<Response> {
  const { method, host, path, headers, body, signal } = request;
  const outgoing = startRequest({
    createConnection: () => socket,
    setHost: false,
    method,
    path,
    headers: {
      accept: "*/*",
      "user-agent": "chaveiro",
      ...headers,
      host,
      "accept-encoding": "identity",
      ...(body === undefined ? {} : { "content-length": body.byteLength }),
    },
  });
  const abort = () => outgoing.destroy();
  signal.addEventListener("abort", abort, { once: true });
  outgoing.once("close", () => signal.removeEventListener("abort", abort));
  try {
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once("response", resolve);
      outgoing.on("error", reject);
      outgoing.once("close", () => reject(new Error("closed")));
      if (signal.aborted) abort();
      outgoing.end(body);
    });
    return asResponse(incoming);
  } catch (error) {
    outgoing.destroy();
    throw signal.aborted ? signal.reason : brokenExchange(error);
  }
}

function asResponse(incoming: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const status = incoming.statusCode ?? 0;
  const isEmpty = status === 204 || status === 205 || status === 304;
  if (isEmpty) incoming.destroy();
  return new Response(isEmpty ? null : asBody(incoming), { status, headers });
}

/** We ask for identity; a host that compresses all the same is read, because its answer may hold the only copy of a token. */
function asBody(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const decoder = decoders[incoming.headers["content-encoding"]?.toLowerCase() ?? ""]?.();
  // Both have to be heard from now on; the iterator listens only once it is asked.
  incoming.on("error", (error) => decoder?.destroy(error));
  decoder?.on("error", () => incoming.destroy());
  const source: Readable = decoder === undefined ? incoming : incoming.pipe(decoder);
  const chunks = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          incoming.destroy();
          controller.error(brokenExchange(error));
        }
      },
      cancel() {
        incoming.destroy();
        decoder?.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

function brokenExchange(error: unknown): Error {
  const isCoded = error instanceof Error && "code" in error && typeof error.code === "string";
  return Object.assign(new Error("The exchange with the host broke off."), isCoded ? { code: error.code } : {});
}
