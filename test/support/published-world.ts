import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateSecretCommand, PutSecretValueCommand, ResourceNotFoundException } from "@aws-sdk/client-secrets-manager";
import { startLocalAws } from "../contracts/aws-host.ts";

export type ReceivedRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};

export type HttpServer = {
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  close(): Promise<void>;
};

/** An HTTP server on this machine that remembers what it was sent. */
export async function startHttpServer(
  answer: (request: ReceivedRequest, response: ServerResponse) => void,
): Promise<HttpServer> {
  const received: ReceivedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = "", url = "", headers } = incoming;
    const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
    received.push(request);
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Secrets Manager with what a broker has published, and no broker. */
export async function publishedWorld() {
  const host = await startLocalAws();
  return {
    secretsManager: host.secretsManager,
    setFaults: host.setFaults,
    countRequests: host.countRequests,
    close: host.close,
    /**
     * Publishes a token.
     *
     * @param lifeSeconds how long it lives from now on
     */
    async publish(connection: string, accessToken: string, origin: string, lifeSeconds = 3_600): Promise<void> {
      const [provider, account] = connection.split("/");
      const now = Date.now();
      const value = {
        access_token: accessToken,
        token_type: "Bearer",
        expires_at: new Date(now + lifeSeconds * 1000).toISOString(),
        issued_at: new Date(now).toISOString(),
        ...{ provider, account, origin, generation: 1 },
      };
      await put(JSON.stringify(value), connection);
    },
    /** Puts anything in the place of a token. */
    put,
  };

  async function put(SecretString: string, connection: string): Promise<void> {
    const SecretId = `chaveiro/${connection}`;
    try {
      await host.secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString }));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      await host.secretsManager.send(new CreateSecretCommand({ Name: SecretId, SecretString }));
    }
  }
}
