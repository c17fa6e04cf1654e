import { describeTransportError } from "./transport-error.ts";

/** A request as a provider describes it; sending it is `sendRequest`'s work. */
export type HttpRequest = {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** A whole response. Header names are lower case; `set-cookie` is left out, because it carries tokens that nobody here uses. */
export type HttpResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Fetch = typeof globalThis.fetch;

export type SendOptions = {
  readonly fetch: Fetch;
  /** For the whole exchange: connecting, sending, and the last byte of the body. */
  readonly timeoutMilliseconds: number;
  /** Of the body, decompressed. Default 64 KiB. */
  readonly maximumBytes?: number;
};

export type SendFailure = {
  readonly ok: false;
  /** False only where the request certainly did not reach the server, or the server said that it did not act on it. */
  readonly unknown: boolean;
  /** `timeout`, `redirect`, `body_too_large`, `truncated_body`, `invalid_request`, `network_error`, a system error code such as `ECONNREFUSED`, or a word of the fetch that was given. */
  readonly reason: string;
  /** What had arrived by then, its body possibly cut short; undefined where no status line did. May hold tokens: never log it. */
  readonly arrived: HttpResponse | undefined;
};

export type SendResult = { readonly ok: true; readonly response: HttpResponse } | SendFailure;

type Arrival = { response: Response | undefined; readonly chunks: Uint8Array[] };

const defaultMaximumBytes = 64 * 1024;

/**
 * Sends one request and reads the whole answer, of any status outside 3xx.
 *
 * Redirects are never followed: the secret in the request goes to the server it was meant for and nowhere else. Never
 * throws, and no failure carries a URL, a header or a body in its words. On a failure the caller looks at `unknown`:
 * where it is true, a token sent with the request may be spent.
 *
 * A timeout is always unknown, since fetch does not tell whether the connection had been made.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.4
 */
export async function sendRequest(request: HttpRequest, options: SendOptions): Promise<SendResult> {
  if (!isSendable(request)) return { ok: false, unknown: false, reason: "invalid_request", arrived: undefined };

  const exchange = new AbortController();
  const arrival: Arrival = { response: undefined, chunks: [] };
  let timer: ReturnType<typeof setTimeout> | undefined;
  // A race and not the signal alone: a fetch that ignores its signal must not hold an attempt beyond its lease.
  const timeout = new Promise<"timeout">((resolve) => {
    timer = setTimeout(resolve, options.timeoutMilliseconds, "timeout");
  });

  try {
    const outcome = await Promise.race([receive(request, options, exchange.signal, arrival), timeout]);
    const arrived = readArrival(arrival);
    if (outcome === "complete" && arrived !== undefined) return { ok: true, response: arrived };
    exchange.abort();
    const unknown = outcome !== "redirect" || !isNotActedOn(arrived?.status);
    return { ok: false, unknown, reason: outcome, arrived };
  } catch (error) {
    exchange.abort();
    const arrived = readArrival(arrival);
    if (arrived !== undefined) return { ok: false, unknown: true, reason: "truncated_body", arrived };
    return { ok: false, ...describeTransportError(error), arrived };
  } finally {
    clearTimeout(timer);
  }
}

async function receive(
  request: HttpRequest,
  options: SendOptions,
  signal: AbortSignal,
  arrival: Arrival,
): Promise<"complete" | "redirect" | "body_too_large"> {
  const { method, url, headers, body } = request;
  const response = await options.fetch(url, {
    method,
    headers: { ...headers },
    ...(body === undefined ? {} : { body }),
    redirect: "manual",
    signal,
  });
  const reader = response.body?.getReader();
  const release = () => void reader?.cancel().catch(() => undefined);
  if (signal.aborted) {
    release();
    return "complete";
  }
  signal.addEventListener("abort", release, { once: true });
  arrival.response = response;
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) return "redirect";

  const maximumBytes = options.maximumBytes ?? defaultMaximumBytes;
  let received = 0;
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return "complete";
    received += chunk.value.byteLength;
    if (received > maximumBytes) return "body_too_large";
    arrival.chunks.push(chunk.value);
  }
}

function readArrival({ response, chunks }: Arrival): HttpResponse | undefined {
  if (response === undefined) return undefined;
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== "set-cookie"));
  return { status: response.status, headers, body: new TextDecoder().decode(Buffer.concat(chunks)) };
}

/** These say "make this request elsewhere". A 303 does not: it points at the result of work that was done. */
function isNotActedOn(status: number | undefined): boolean {
  return status === 301 || status === 302 || status === 307 || status === 308;
}

/** Whether fetch would take the request at all. Asked first, because fetch's own error quotes the header or URL it refuses. */
function isSendable({ method, url, headers, body }: HttpRequest): boolean {
  try {
    new Request(url, { method, headers: { ...headers }, ...(body === undefined ? {} : { body }) });
    return true;
  } catch {
    return false;
  }
}
