import { afterAll, beforeAll } from "vitest";
import { type AwsEndpoint, startAwsEndpoint } from "../../../../infra/local/aws-endpoint/start-aws-endpoint.ts";
import { awsClients } from "./aws-clients.ts";
import { describeSecretsManager } from "./secrets-manager-contract.ts";

let endpoint: AwsEndpoint;
let client: ReturnType<typeof awsClients>["secretsManager"];

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ port: 0, dataDirectory: undefined });
  client = awsClients(endpoint.url).secretsManager;
});
afterAll(() => endpoint.close());

describeSecretsManager("the local endpoint", () => client);
