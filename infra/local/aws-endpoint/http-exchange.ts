import type { IncomingMessage, ServerResponse } from "node:http";

/** What a request is answered with; the body is sent as JSON, none where it is undefined. */
export type Answer = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/**
 * Reads a request's body.
 *
 * @param limit in bytes.
 * @returns undefined where it is longer; the rest is then not read. Rejects where the client hangs up before its end.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length > limit) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Parses JSON; undefined where it is none. */
export function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Sends an answer. */
export function send(response: ServerResponse, answer: Answer): void {
  const body = answer.body === undefined ? "" : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    "content-type": "application/json",
    ...answer.headers,
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
