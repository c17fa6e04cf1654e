import { type ClientOptions, dynamoDbClient, secretsManagerClient } from "../../shared/aws/aws-clients.ts";
import { dynamoDbConnectionStore } from "../../shared/aws/dynamodb-connection-store.ts";
import { secretsManagerRemoval } from "../../shared/aws/secrets-manager-removal.ts";
import { storeClientCredentials } from "../../shared/aws/store-client-credentials.ts";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import { type PurgePorts, type PurgeResult, purge } from "../../shared/broker/purge.ts";
import { systemRandom } from "../../shared/runtime/system.ts";

type Clock = PurgePorts["clock"];

/** What the command does with the broker's own data, by the operator's own permissions and not through the HTTP API. */
export type StoredData = {
  purge(tableName: string, id: ConnectionId): Promise<PurgeResult>;
  storeClientCredentials(
    secretName: string,
    credentials: { readonly clientId: string; readonly clientSecret: string },
  ): Promise<"created" | "replaced">;
};

/** An operator's machine may be an ocean away from the table. In milliseconds. */
const timeout = 10_000;

/** Of a broker that is deployed, by the usual credentials. */
export function deployedData(region: string, clock: Clock): StoredData {
  return dataBehind({ region }, clock);
}

/** Of `npm start`, whatever AWS account this shell is signed in to. */
export function localData(env: Readonly<Record<string, string | undefined>>, clock: Clock): StoredData {
  const endpoint = env["AWS_ENDPOINT_URL"] || "http://127.0.0.1:8789";
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return dataBehind({ endpoint, region: "us-east-1", credentials }, clock);
}

function dataBehind(options: ClientOptions, clock: Clock): StoredData {
  const secretsManager = secretsManagerClient({ ...options, timeout });
  return {
    purge(tableName, id) {
      const client = dynamoDbClient({ ...options, timeout });
      const connections = dynamoDbConnectionStore({ client, tableName, clock });
      const ports = { connections, secrets: secretsManagerRemoval(secretsManager), clock, random: systemRandom };
      return purge(ports, id, "operator");
    },
    storeClientCredentials: (secretName, credentials) =>
      storeClientCredentials(secretsManager, secretName, credentials),
  };
}
