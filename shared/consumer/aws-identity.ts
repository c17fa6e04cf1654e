import type { SecretsManager } from "./published-tokens.ts";
import type { Signer } from "./signature.ts";

/** As much of the AWS SDK's client as tells who we are. */
type Identified = {
  readonly config?: {
    readonly credentials?: () => Promise<Omit<Signer, "region">>;
    readonly region?: () => Promise<string>;
  };
};

/**
 * Who this process is to AWS: its Secrets Manager client, and the same credentials for signing. A client that is given
 * brings its own; otherwise one is made when it is first needed, and finds them where every AWS SDK looks.
 */
export function awsIdentity(given: SecretsManager | undefined) {
  let client: Promise<SecretsManager> | undefined;

  function secretsManager(): Promise<SecretsManager> {
    client ??= given === undefined ? makeClient() : Promise.resolve(given);
    return client;
  }

  return {
    secretsManager,
    /** @returns undefined where there are no credentials: a broker on this machine needs none */
    async signer(): Promise<Signer | undefined> {
      const { config } = ((await secretsManager().catch(() => undefined)) ?? {}) as Identified;
      const credentials = (await config?.credentials?.().catch(() => undefined)) ?? environmentCredentials();
      const region = process.env["AWS_REGION"] ?? (await config?.region?.().catch(() => undefined));
      if (credentials === undefined || region === undefined) return undefined;
      return signerOf(credentials, region);
    },
  };
}

/** Without a request timeout, a connection that was frozen with its Lambda would be waited for until the invocation ends. */
async function makeClient(): Promise<SecretsManager> {
  const { SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const requestHandler = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };
  return new SecretsManagerClient({ requestHandler, maxAttempts: 3 });
}

function environmentCredentials(): Omit<Signer, "region"> | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function signerOf({ accessKeyId, secretAccessKey, sessionToken }: Omit<Signer, "region">, region: string): Signer {
  return { accessKeyId, secretAccessKey, region, ...(sessionToken ? { sessionToken } : {}) };
}
