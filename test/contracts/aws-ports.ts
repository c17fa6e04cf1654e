import { setTimeout as wait } from "node:timers/promises";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { secretVersions } from "../../shared/aws/secret-versions.ts";
import { secretsManagerClientCredentials } from "../../shared/aws/secrets-manager-client-credentials.ts";
import { versionedPublisher } from "../../shared/aws/versioned-publisher.ts";
import type { Clock, Publisher } from "../../shared/broker/ports.ts";
import type { ClientCredentialsUnderTest } from "./client-credentials.contract.ts";
import type { PublisherUnderTest } from "./publisher.contract.ts";

/** The real one: what is tested waits for somebody else's answers. */
export const realClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds) => {
    await wait(milliseconds);
  },
};

export function publisherOver(client: SecretsManagerClient, random = { fraction: Math.random }): Publisher {
  return versionedPublisher({ versions: secretVersions(client), clock: realClock, random });
}

export function publisherUnderTest(client: SecretsManagerClient): PublisherUnderTest {
  return { publisher: publisherOver(client), current: (name) => currentValue(client, name) };
}

/** What a consumer reads. The stage is what AWS takes for granted and moto does not. */
export async function currentValue(client: SecretsManagerClient, name: string): Promise<unknown> {
  const input = { SecretId: name, VersionStage: "AWSCURRENT" };
  const { SecretString = "null" } = await client.send(new GetSecretValueCommand(input));
  return JSON.parse(SecretString);
}

export function clientCredentialsUnderTest(client: SecretsManagerClient): ClientCredentialsUnderTest {
  let now = 1_763_748_000_000;
  return {
    store: secretsManagerClientCredentials({ client, prefix: "chaveiro", clock: { now: () => now } }),
    put: (provider, { clientId, clientSecret }) =>
      storeSecret(
        client,
        `chaveiro/clients/${provider}`,
        JSON.stringify({ client_id: clientId, client_secret: clientSecret }),
      ),
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}

/** Stores a secret's value as an operator does. */
export async function storeSecret(client: SecretsManagerClient, name: string, value: string): Promise<void> {
  try {
    await client.send(new CreateSecretCommand({ Name: name, SecretString: value }));
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
  }
}
