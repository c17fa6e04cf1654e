import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";

export type LocalServer = {
  readonly origin: string;
  readonly port: number;
  /** Requests that arrived whole, with their bodies. */
  readonly requests: readonly ReceivedRequest[];
  /** Every connection that was made, in order. undici opens a spare one after it has dropped one. */
  readonly connections: readonly Socket[];
  readonly close: () => Promise<void>;
};

export type ReceivedRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};

/** A real HTTP server on a free port of 127.0.0.1. `answer` runs when a request has arrived whole. */
export async function startHttpServer(
  answer: (response: ServerResponse, request: ReceivedRequest) => void,
): Promise<LocalServer> {
  const requests: ReceivedRequest[] = [];
  const listener: RequestListener = async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = "", url = "", headers } = incoming;
    const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
    requests.push(request);
    answer(response, request);
  };
  return await listen(createServer(listener), requests);
}

/** A server that speaks no HTTP of its own: `onData` gets the socket when the first bytes of a request have arrived. */
export async function startTcpServer(onData: (socket: Socket) => void): Promise<LocalServer> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => onData(socket));
  });
  return await listen(server, []);
}

async function listen(server: Server, requests: readonly ReceivedRequest[]): Promise<LocalServer> {
  const connections: Socket[] = [];
  server.on("connection", (socket: Socket) => connections.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections,
    close: async () => {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
