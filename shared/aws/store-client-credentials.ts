import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { ClientCredentials } from "../broker/ports.ts";

/**
 * Stores our registration at a provider in the secret where the broker reads it. Needs no permission to read it.
 *
 * @param name of the secret
 * @throws any error of Secrets Manager; show it to the operator. It names the secret, never what it holds.
 */
export async function storeClientCredentials(
  client: SecretsManagerClient,
  name: string,
  { clientId, clientSecret }: ClientCredentials,
): Promise<"created" | "replaced"> {
  const SecretString = JSON.stringify({ client_id: clientId, client_secret: clientSecret });
  try {
    await client.send(new CreateSecretCommand({ Name: name, SecretString }));
    return "created";
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
  }
  await client.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
  return "replaced";
}
