/** What is needed of a `SecretsManagerClient` of `@aws-sdk/client-secrets-manager`, version 3. */
export type SecretsManager = {
  send(command: unknown, options?: unknown): unknown;
};
