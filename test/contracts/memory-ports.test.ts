import { memoryAuthorizations } from "../support/memory-authorizations.ts";
import { memoryClientCredentials } from "../support/memory-client-credentials.ts";
import { memoryConnections } from "../support/memory-connections.ts";
import { memoryEvents } from "../support/memory-events.ts";
import { memoryProviderHealth } from "../support/memory-provider-health.ts";
import { memoryPublisher } from "../support/memory-publisher.ts";
import { memoryShare } from "../support/memory-share.ts";
import { memoryVault } from "../support/memory-vault.ts";
import { authorizationStoreContract } from "./authorization-store.contract.ts";
import { clientCredentialsContract } from "./client-credentials.contract.ts";
import { connectionStoreContract } from "./connection-store.contract.ts";
import { dueSharesContract } from "./due-shares.contract.ts";
import { eventBusContract } from "./event-bus.contract.ts";
import { providerHealthStoreContract } from "./provider-health-store.contract.ts";
import { publisherContract } from "./publisher.contract.ts";
import { vaultContract } from "./vault.contract.ts";

const name = "in memory";

connectionStoreContract(name, async () => memoryConnections());

dueSharesContract(name, async () => {
  const whole = memoryConnections();
  return { whole, share: (ownShards) => memoryShare(whole, ownShards) };
});

authorizationStoreContract(name, async () => memoryAuthorizations());

providerHealthStoreContract(name, async () => memoryProviderHealth());

vaultContract(name, async () => memoryVault());

publisherContract(name, async () => {
  const publisher = memoryPublisher();
  return { publisher, current: async (secret) => publisher.read(secret) };
});

clientCredentialsContract(name, async () => {
  let now = 0;
  const store = memoryClientCredentials({ clock: { now: () => now } });
  return {
    store,
    put: async (provider, credentials) => {
      store.stored.set(provider, credentials);
    },
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
});

eventBusContract(name, async () => {
  const bus = memoryEvents();
  return {
    bus,
    delivered: async () => [...bus.sent.map(({ event }) => event.id), ...bus.sentOfBreakers.map(({ id }) => id)],
  };
});
