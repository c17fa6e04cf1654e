import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dynamoDbAuthorizationStore } from "../../shared/aws/dynamodb-authorization-store.ts";
import { dynamoDbConnectionStore } from "../../shared/aws/dynamodb-connection-store.ts";
import { dynamoDbProviderHealthStore } from "../../shared/aws/dynamodb-provider-health-store.ts";
import { eventBridgeEventBus } from "../../shared/aws/eventbridge-event-bus.ts";
import { kmsVault } from "../../shared/aws/kms-vault.ts";
import type { ConnectionStore } from "../../shared/broker/connection-store.ts";
import { memoryConnections } from "../support/memory-connections.ts";
import { authorizationStoreContract } from "./authorization-store.contract.ts";
import { createKmsKey, createTable, type LocalAwsHost, startLocalAws } from "./aws-host.ts";
import { clientCredentialsUnderTest, publisherUnderTest, realClock } from "./aws-ports.ts";
import { clientCredentialsContract } from "./client-credentials.contract.ts";
import { connectionStoreContract } from "./connection-store.contract.ts";
import { observe, storeCalls } from "./connection-store-model.ts";
import { dueSharesContract } from "./due-shares.contract.ts";
import { eventBusContract } from "./event-bus.contract.ts";
import { providerHealthStoreContract } from "./provider-health-store.contract.ts";
import { publisherContract } from "./publisher.contract.ts";
import { vaultContract } from "./vault.contract.ts";

const name = "on the local AWS endpoint";

let host: LocalAwsHost;
beforeAll(async () => {
  host = await startLocalAws();
});
afterAll(() => host.close());

const createStore = async (): Promise<ConnectionStore> =>
  dynamoDbConnectionStore({ client: host.dynamoDb, tableName: await createTable(host), clock: realClock });

connectionStoreContract(name, createStore);

dueSharesContract(name, async () => {
  const options = { client: host.dynamoDb, tableName: await createTable(host), clock: realClock };
  return {
    whole: dynamoDbConnectionStore(options),
    share: (ownShards) => dynamoDbConnectionStore({ ...options, ownShards }),
  };
});

authorizationStoreContract(name, async () =>
  dynamoDbAuthorizationStore({ client: host.dynamoDb, tableName: await createTable(host) }),
);

providerHealthStoreContract(name, async () =>
  dynamoDbProviderHealthStore({ client: host.dynamoDb, tableName: await createTable(host) }),
);

vaultContract(name, async () => kmsVault({ client: host.kms, keyId: await createKmsKey(host) }));

publisherContract(name, async () => publisherUnderTest(host.secretsManager));

clientCredentialsContract(name, async () => clientCredentialsUnderTest(host.secretsManager));

eventBusContract(name, async () => ({
  bus: eventBridgeEventBus({ client: host.eventBridge }),
  delivered: async () => (await host.events()).map(({ detail }) => (detail as { readonly id: string }).id),
}));

describe("connection store: on DynamoDB and in memory", () => {
  it("answers any sequence of calls in the same way", async () => {
    const store = await createStore();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(storeCalls, async (calls) => {
        const provider = `provider-${++runs}`;
        expect(await observe(store, provider, calls)).toEqual(await observe(memoryConnections(), provider, calls));
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
