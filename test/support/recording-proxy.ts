import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Exchange = {
  readonly method: string;
  readonly path: string;
  readonly requestHeaders: Headers;
  readonly requestBody: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
};
export type Request = Pick<Exchange, "method" | "path" | "requestHeaders" | "requestBody">;
export type Substitute = Pick<Exchange, "status" | "body"> & {
  readonly headers: Readonly<Record<string, string>>;
  /** Values of `Set-Cookie`. */
  readonly cookies?: readonly string[];
};

export type RecordingProxy = {
  readonly url: string;
  readonly exchanges: readonly Exchange[];
  /** Where it passes requests on to; known only after it has begun to listen. */
  forwardTo(target: string): void;
  /** Answers in the target's place as long as it gives an answer. */
  answerWith(substitute: (request: Request) => Substitute | undefined): void;
  close(): Promise<void>;
};

const ofOneHop = ["connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "host"];

export async function startRecordingProxy(host: "127.0.0.1" | "localhost"): Promise<RecordingProxy> {
  const exchanges: Exchange[] = [];
  let target = "";
  let substitute: (request: Request) => Substitute | undefined = () => undefined;
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const requestHeaders = new Headers();
    for (const [name, value] of Object.entries(incoming.headers)) {
      if (!ofOneHop.includes(name)) requestHeaders.set(name, String(value));
    }
    const method = incoming.method ?? "GET";
    const request = {
      method,
      path: incoming.url ?? "/",
      requestHeaders,
      requestBody: Buffer.concat(chunks).toString(),
    };
    try {
      const answer = await passOn(request, substitute(request));
      exchanges.push({ ...request, ...answer });
      outgoing.statusCode = answer.status;
      for (const [name, value] of answer.headers) {
        if (!ofOneHop.includes(name) && name !== "set-cookie") outgoing.setHeader(name, value);
      }
      outgoing.setHeader("set-cookie", answer.headers.getSetCookie());
      outgoing.end(answer.body);
    } catch {
      incoming.socket.resetAndDestroy();
    }
  });
  const passOn = async (request: Request, instead: Substitute | undefined) => {
    if (instead !== undefined) {
      const headers = new Headers(instead.headers);
      for (const cookie of instead.cookies ?? []) headers.append("set-cookie", cookie);
      return { status: instead.status, body: instead.body, headers };
    }
    const { method, path, requestHeaders: headers, requestBody: body } = request;
    const init = { method, headers, redirect: "manual" as const, ...(body === "" ? {} : { body }) };
    const response = await fetch(target + path, init);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    exchanges,
    forwardTo: (url) => {
      target = url;
    },
    answerWith: (given) => {
      substitute = given;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
