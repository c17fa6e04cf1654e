import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { PublishedToken } from "../../../shared/broker/published-secret.ts";

const client = new SecretsManagerClient({});

/** Reads what is published for a connection, each time anew. */
export async function readSecret(connection: string): Promise<PublishedToken> {
  const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId: `chaveiro/${connection}` }));
  return JSON.parse(SecretString);
}
