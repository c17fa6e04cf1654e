import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** Real SDK clients for an endpoint. One attempt unless told otherwise, so that a test sees each answer. */
export function awsClients(
  endpoint: string,
  settings: { readonly maxAttempts?: number; readonly region?: string } = {},
) {
  const configuration = {
    endpoint,
    region: settings.region ?? "sa-east-1",
    maxAttempts: settings.maxAttempts ?? 1,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  };
  return {
    dynamodb: new DynamoDBClient(configuration),
    events: new EventBridgeClient(configuration),
    kms: new KMSClient(configuration),
    secretsManager: new SecretsManagerClient(configuration),
  };
}
