import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");

export const testAuthority = fixture("test-only-ca.pem");
export const hostKey = fixture("test-only-host.key.pem");
/** Of acme.example.com, by the authority. */
export const hostCertificate = fixture("test-only-host.pem");
/** Of acme.example.com, too, by itself; and of no authority. */
export const selfSigned = fixture("test-only-self-signed.pem");

export type TlsHost = {
  readonly port: number;
  readonly requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingHttpHeaders;
    readonly serverName: string | false | undefined;
    readonly body: string;
  }[];
  /** Every TCP connection that was made. */
  readonly connections: readonly Socket[];
  readonly close: () => Promise<void>;
};

/** A host that calls itself acme.example.com, on a free port of 127.0.0.1. */
export async function startTlsHost(
  answer: (response: ServerResponse) => void,
  certificate: "test-only-host.pem" | "test-only-host-expired.pem" = "test-only-host.pem",
): Promise<TlsHost> {
  const requests: TlsHost["requests"][number][] = [];
  const connections: Socket[] = [];
  const identity = { key: hostKey, cert: fixture(certificate) };
  const server = createServer(identity, async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = "", url = "", headers } = incoming;
    const { servername: serverName } = incoming.socket as TLSSocket & { readonly servername?: string | false };
    requests.push({ method, url, headers, serverName, body: Buffer.concat(chunks).toString() });
    answer(response);
  });
  server.on("connection", (socket: Socket) => connections.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    connections,
    close: async () => {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
