import { afterAll, beforeAll, describe, it } from "vitest";
import { dynamoDbAuthorizationStore } from "../../shared/aws/dynamodb-authorization-store.ts";
import { dynamoDbConnectionStore } from "../../shared/aws/dynamodb-connection-store.ts";
import { kmsVault } from "../../shared/aws/kms-vault.ts";
import { authorizationStoreContract } from "./authorization-store.contract.ts";
import { type AwsHost, createKmsKey, createTable, hasMoto, startMoto } from "./aws-host.ts";
import { clientCredentialsUnderTest, publisherUnderTest, realClock } from "./aws-ports.ts";
import { clientCredentialsContract } from "./client-credentials.contract.ts";
import { connectionStoreContract } from "./connection-store.contract.ts";
import { publisherContract } from "./publisher.contract.ts";
import { vaultContract } from "./vault.contract.ts";

const name = "on moto";

const suites = () => {
  let host: AwsHost;
  beforeAll(async () => {
    host = await startMoto();
  });
  afterAll(() => host.close());

  // Its conditional updates let two threads both find their condition true.
  const options = { racy: true };

  connectionStoreContract(
    name,
    async () =>
      dynamoDbConnectionStore({ client: host.dynamoDb, tableName: await createTable(host), clock: realClock }),
    options,
  );

  authorizationStoreContract(
    name,
    async () => dynamoDbAuthorizationStore({ client: host.dynamoDb, tableName: await createTable(host) }),
    options,
  );

  vaultContract(name, async () => kmsVault({ client: host.kms, keyId: await createKmsKey(host) }));

  publisherContract(name, async () => publisherUnderTest(host.secretsManager));

  clientCredentialsContract(name, async () => clientCredentialsUnderTest(host.secretsManager));
};

if (hasMoto) describe("the same adapters on an implementation of AWS that is not ours", suites);
// moto is a second opinion that a user's machine need not have; where it is missing, the report says so.
else it.skip("moto_server is not on PATH: the adapters were tested on our own endpoint only", () => {});
