import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { startAwsEndpoint } from "../../infra/local/aws-endpoint/start-aws-endpoint.ts";
import type { PublishedToken } from "../../shared/broker/published-secret.ts";
import { sampleToken } from "./sample-connections.ts";

/** A local AWS endpoint with published connections in it. */
export type Published = {
  readonly url: string;
  /** How often a secret was read while something ran. */
  readonly countReads: (work: () => Promise<unknown>) => Promise<number>;
  readonly close: () => Promise<void>;
};

const dayMilliseconds = 86_400_000;

/** Starts the endpoint that `npm start` runs, in memory, and publishes connections there as the broker does. */
export async function publishConnections(connections: readonly string[], now: number): Promise<Published> {
  const endpoint = await startAwsEndpoint({ port: 0, dataDirectory: undefined });
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new SecretsManagerClient({ endpoint: endpoint.url, region: "sa-east-1", credentials });
  const queue = [...connections];
  const publish = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const SecretString = JSON.stringify(publishedToken(next, now));
      await client.send(new CreateSecretCommand({ Name: `chaveiro/${next}`, SecretString }));
    }
  };
  await Promise.all(Array.from({ length: 32 }, publish));
  client.destroy();

  const requests = `${endpoint.url}/_local/requests`;
  return {
    url: endpoint.url,
    async countReads(work) {
      await fetch(requests, { method: "DELETE" });
      await work();
      const counts = (await (await fetch(requests)).json()) as Readonly<Record<string, number>>;
      return counts["secretsmanager.GetSecretValue"] ?? 0;
    },
    close: endpoint.close,
  };
}

function publishedToken(connection: string, now: number): PublishedToken {
  const [provider = "", account = ""] = connection.split("/");
  return {
    access_token: sampleToken(connection),
    token_type: "Bearer",
    expires_at: new Date(now + dayMilliseconds).toISOString(),
    issued_at: new Date(now).toISOString(),
    provider,
    account,
    origin: "https://api.rd.services",
    generation: 1,
  };
}
