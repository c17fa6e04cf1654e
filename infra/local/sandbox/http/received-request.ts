import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

/** A request with its whole body, as the endpoints of a provider see it. */
export type ReceivedRequest = {
  readonly method: string;
  /** As sent: percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

export const maximumBodyBytes = 1_048_576;

/**
 * Reads a request to its end.
 *
 * @returns undefined where the body is larger than `maximumBodyBytes`.
 * @throws when the connection ends before the body does.
 */
export async function receiveRequest(incoming: IncomingMessage): Promise<ReceivedRequest | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maximumBodyBytes) chunks.push(chunk);
  }
  if (size > maximumBodyBytes) return undefined;
  const url = new URL(incoming.url ?? "/", "http://localhost");
  return {
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks),
  };
}

/**
 * The access token of an `Authorization: Bearer` header.
 *
 * @returns undefined where there is none, another scheme included.
 */
export function bearerToken(request: ReceivedRequest): string | undefined {
  return /^\s*bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? "")?.[1];
}
