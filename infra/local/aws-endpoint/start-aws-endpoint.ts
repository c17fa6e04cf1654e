import { once, setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { loopbackRefusal } from "../loopback-guard.ts";
import { createAwsRequests } from "./aws-requests.ts";
import { createDynamoDb } from "./dynamodb.ts";
import { repairTableIndexes } from "./dynamodb-indexes.ts";
import { openDynamoStore } from "./dynamodb-store.ts";
import { createEventBridge } from "./event-bridge.ts";
import { openEventLog } from "./event-log.ts";
import { createFaults } from "./faults.ts";
import { send } from "./http-exchange.ts";
import { openKeyRing } from "./key-ring.ts";
import { createKms } from "./kms.ts";
import { createLocalRoutes } from "./local-routes.ts";
import { createRequestCounts } from "./request-counts.ts";
import { openSecretStore } from "./secret-store.ts";
import { createSecretsManager } from "./secrets-manager.ts";

export type AwsEndpoint = {
  /** What `AWS_ENDPOINT_URL` is set to. */
  readonly url: string;
  readonly port: number;
  /** Ends when every request that had arrived whole has been answered and everything is closed. */
  readonly close: () => Promise<void>;
};

/**
 * Starts one HTTP server on 127.0.0.1 that answers as DynamoDB, Secrets Manager, KMS and EventBridge, to any
 * signature, region and account, and at the routes of `local-routes.ts`.
 *
 * What it acknowledged survives a restart and a `kill -9`. Only the indexes of DynamoDB may not: after a kill, call
 * `repairIndexes`.
 *
 * @param options.port 0 takes any free one.
 * @param options.dataDirectory undefined keeps everything in memory.
 * @param options.now epoch milliseconds, for everything but DynamoDB's own timestamps.
 * @returns rejects where the port is taken or another process has the data directory open.
 */
export async function startAwsEndpoint(options: {
  readonly port: number;
  readonly dataDirectory: string | undefined;
  readonly now?: () => number;
}): Promise<AwsEndpoint> {
  const { port, dataDirectory, now = Date.now } = options;
  const file = (name: string): string | undefined => dataDirectory && join(dataDirectory, name);

  // Before the journals: its lock keeps a second process away from the whole data directory.
  const dynamoStore = await openDynamoStore(dataDirectory);
  const keyRing = openKeyRing({ path: file("kms.jsonl"), now });
  const secrets = openSecretStore({ path: file("secrets.jsonl"), now });
  const events = openEventLog(file("events.jsonl"));

  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const faults = createFaults();
  const counts = createRequestCounts();
  const answerAws = createAwsRequests({
    services: [
      createDynamoDb(dynamoStore),
      createSecretsManager({ store: secrets, keyRing, now }),
      createKms(keyRing),
      createEventBridge({ log: events, now }),
    ],
    faults,
    counts,
    // A delay ends early when the endpoint closes; the request is then still done and answered.
    sleep: (milliseconds) => wait(milliseconds, undefined, { signal: closing.signal }).catch(() => {}),
  });
  const repair = (tableName: string): Promise<number | undefined> => repairTableIndexes(dynamoStore, tableName);
  const answerLocal = createLocalRoutes({ events, counts, faults, repair });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { host, origin, "sec-fetch-site": secFetchSite } = request.headers;
    const refusal = loopbackRefusal({
      host,
      secFetchSite: typeof secFetchSite === "string" ? secFetchSite : undefined,
      origin,
      sameSiteOnly: true,
    });
    if (refusal !== undefined)
      return send(response, { status: refusal, body: { error: "This port answers programs on this machine only." } });
    const local = request.url?.startsWith("/_local/") ?? false;
    const answered = await (local ? answerLocal(request) : answerAws(request));
    if (answered === undefined) request.socket.destroy();
    else send(response, answered);
    if (!response.closed) await once(response, "close");
  };

  const open = new Map<IncomingMessage, Promise<void>>();
  const server = createServer((request, response) => {
    const exchange = answer(request, response)
      .catch((error) => {
        request.socket.destroy();
        if (request.complete) console.error("The local AWS endpoint failed:", error);
      })
      .then(() => {
        open.delete(request);
      });
    open.set(request, exchange);
  });
  server.keepAliveTimeout = 60_000;
  const closeStores = async (): Promise<void> => {
    for (const store of [keyRing, secrets, events]) store.close();
    await dynamoStore.db.close();
  };

  try {
    await new Promise<void>((listening, failed) => {
      server.once("error", failed).listen(port, "127.0.0.1", listening);
    });
  } catch (error) {
    await closeStores();
    throw new Error(`Port ${port} cannot be listened on. Stop what has it, or set AWS_PORT to another.`, {
      cause: error,
    });
  }
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    close: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeIdleConnections();
      closing.abort();
      for (const request of open.keys()) if (!request.complete) request.socket.destroy();
      while (open.size > 0) await Promise.all(open.values());
      server.closeAllConnections();
      await closed;
      await closeStores();
    },
  };
}
