import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** What differs from the environment (`AWS_REGION`, `AWS_ENDPOINT_URL`, credentials), which the SDK reads by itself. */
export type ClientOptions = {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts?: number;
  /** Milliseconds for connecting and for an answer each, where it is farther than from one data centre to itself. */
  readonly timeout?: number;
};

/**
 * What every client has in common. The SDK's own defaults wait for ever, and an attempt has 15 seconds; a request
 * timeout alone would only print a warning.
 *
 * @param usual milliseconds from the request to the answer's headers, and between two parts of its body
 */
function settings(usual: number, { timeout, ...options }: ClientOptions) {
  return {
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: timeout ?? 500,
      requestTimeout: timeout ?? usual,
      socketTimeout: timeout ?? usual,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 64 },
      httpsAgent: { keepAlive: true, maxSockets: 64 },
    },
    ...options,
  };
}

/**
 * Answers in a few milliseconds or is in trouble. Two attempts, where the others make three: a commit asks again by
 * itself, and an attempt to refresh has to end before its lease does.
 */
export function dynamoDbClient(options: ClientOptions = {}): DynamoDBClient {
  return new DynamoDBClient(settings(1000, { maxAttempts: 2, ...options }));
}

export function secretsManagerClient(options: ClientOptions = {}): SecretsManagerClient {
  return new SecretsManagerClient(settings(1500, options));
}

export function kmsClient(options: ClientOptions = {}): KMSClient {
  return new KMSClient(settings(1000, options));
}

export function eventBridgeClient(options: ClientOptions = {}): EventBridgeClient {
  return new EventBridgeClient(settings(1500, options));
}
