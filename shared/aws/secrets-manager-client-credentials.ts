import {
  GetSecretValueCommand,
  InvalidRequestException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import * as v from "valibot";
import { BrokerError } from "../broker/error.ts";
import type { ClientCredentials, ClientCredentialsStore, Clock } from "../broker/ports.ts";

const secretValue = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    client_id: v.pipe(v.string(), v.nonEmpty()),
    client_secret: v.pipe(v.string(), v.nonEmpty()),
  }),
);

const cachedFor = 5 * 60_000;

type Cached = { readonly until: number; readonly credentials: Promise<ClientCredentials> };

/**
 * Our registrations at the providers, one secret each: `{prefix}/clients/{provider}` holds
 * `{"client_id":"…","client_secret":"…"}`. Read once in five minutes, however many ask at the same time.
 */
export function secretsManagerClientCredentials(options: {
  readonly client: SecretsManagerClient;
  readonly prefix: string;
  readonly clock: Pick<Clock, "now">;
}): ClientCredentialsStore {
  const { client, prefix, clock } = options;
  const cache = new Map<string, Cached>();
  return {
    read(provider) {
      const found = cache.get(provider);
      if (found !== undefined && found.until > clock.now()) return found.credentials;
      const credentials = readSecret(client, `${prefix}/clients/${provider}`);
      const cached = { until: clock.now() + cachedFor, credentials };
      cache.set(provider, cached);
      // A failure is not kept, and does not drop what was read anew after a `forget`.
      credentials.catch(() => {
        if (cache.get(provider) === cached) cache.delete(provider);
      });
      return credentials;
    },
    forget(provider) {
      cache.delete(provider);
    },
  };
}

async function readSecret(client: SecretsManagerClient, name: string): Promise<ClientCredentials> {
  const parsed = v.safeParse(secretValue, await readText(client, name));
  // No cause here and below: what a parser complains about is the secret itself.
  if (!parsed.success) throw unusable(`The secret ${name} does not hold client credentials.`, name);
  return { clientId: parsed.output.client_id, clientSecret: parsed.output.client_secret };
}

async function readText(client: SecretsManagerClient, name: string): Promise<string> {
  try {
    const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    return SecretString;
  } catch (cause) {
    // Invalid is a secret that is scheduled for deletion.
    if (cause instanceof ResourceNotFoundException || cause instanceof InvalidRequestException) {
      throw unusable(`There are no client credentials: the secret ${name} is missing or being deleted.`, name, cause);
    }
    throw cause;
  }
}

function unusable(what: string, name: string, cause?: unknown): BrokerError {
  const message = `${what} Store {"client_id":"…","client_secret":"…"} in ${name}, as registered at the provider.`;
  return new BrokerError("client_credentials_rejected", message, cause === undefined ? {} : { cause });
}
