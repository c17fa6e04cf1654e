import type { SecretsManager } from "./secrets-manager.ts";
import type { Signer } from "./signature.ts";

/** As much of the AWS SDK's client as tells who we are. */
type Identified = {
  readonly config?: {
    readonly credentials?: () => Promise<Omit<Signer, "region">>;
    readonly region?: () => Promise<string>;
  };
};

export type AwsIdentity = ReturnType<typeof awsIdentity>;

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
    /** @throws what the SDK throws; Error where it is not installed */
    async readSecret(secretId: string): Promise<string | undefined> {
      const [sender, { GetSecretValueCommand }] = await Promise.all([secretsManager(), loadSdk()]);
      // A client that was given may have no timeout of its own.
      const options = { abortSignal: AbortSignal.timeout(10_000) };
      const answer = await sender.send(new GetSecretValueCommand({ SecretId: secretId }), options);
      return (answer as { readonly SecretString?: string }).SecretString;
    },
    /** @returns undefined where there are no credentials: a broker on this machine needs none */
    async signer(): Promise<Signer | undefined> {
      const env = process.env;
      try {
        const { config } = (await secretsManager()) as Identified;
        const credentials = await config?.credentials?.();
        const region = env["AWS_REGION"] ?? (await config?.region?.());
        return credentials && region ? { ...credentials, region } : undefined;
      } catch {
        // Without the SDK there is what Lambda puts into the environment.
        const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = env;
        if (!accessKeyId || !secretAccessKey || !region) return undefined;
        return { accessKeyId, secretAccessKey, sessionToken: env["AWS_SESSION_TOKEN"], region };
      }
    },
  };
}

/** Without a request timeout, a connection that was frozen with its Lambda would be waited for until the invocation ends. */
async function makeClient(): Promise<SecretsManager> {
  const { SecretsManagerClient } = await loadSdk();
  const requestHandler = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };
  return new SecretsManagerClient({ requestHandler, maxAttempts: 3 });
}

async function loadSdk() {
  // Within `try`, bundlers let it be missing: who only asks the broker needs none.
  try {
    return await import("@aws-sdk/client-secrets-manager");
  } catch (cause) {
    throw new Error("Install @aws-sdk/client-secrets-manager, or set CHAVEIRO_URL.", { cause });
  }
}
