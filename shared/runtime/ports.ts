import { dynamoDbClient, eventBridgeClient, kmsClient, secretsManagerClient } from "../aws/aws-clients.ts";
import { dynamoDbAuthorizationStore } from "../aws/dynamodb-authorization-store.ts";
import { dynamoDbConnectionStore } from "../aws/dynamodb-connection-store.ts";
import { dynamoDbProviderHealthStore } from "../aws/dynamodb-provider-health-store.ts";
import { eventBridgeEventBus } from "../aws/eventbridge-event-bus.ts";
import { kmsVault } from "../aws/kms-vault.ts";
import { secretVersions } from "../aws/secret-versions.ts";
import { secretsManagerClientCredentials } from "../aws/secrets-manager-client-credentials.ts";
import { versionedPublisher } from "../aws/versioned-publisher.ts";
import type { FetchFor, Log, Settings } from "../broker/ports.ts";
import type { SweepShare } from "../broker/sweep-share.ts";
import type { Provider } from "../providers/provider.ts";
import { type Config, readConfig } from "./config.ts";
import { configuredProviders } from "./configured-providers.ts";
import { customerFetch } from "./customer-origin/customer-fetch.ts";
import { originReader } from "./customer-origin/origin-port.ts";
import { providerFetch } from "./customer-origin/provider-fetch.ts";
import { embeddedMetrics } from "./embedded-metrics.ts";
import { structuredLog } from "./log.ts";
import { shardsOf } from "./schedule-share.ts";
import { systemClock, systemRandom } from "./system.ts";

/*
 * The composition root. Each function takes the ports it needs from here, made once and when first asked for, so that a
 * bundle holds only the adapters that its function uses.
 */

const config = once((): Config => readConfig(process.env));

export const log = once((): Log => structuredLog(config().logLevel));

const dynamoDb = once(() => dynamoDbClient());
const secretsManager = once(() => secretsManagerClient());

const connectionsOf = (ownShards: { readonly ownShards?: readonly number[] }) =>
  dynamoDbConnectionStore({ client: dynamoDb(), tableName: config().tableName, clock: systemClock, ...ownShards });
const connections = once(() => connectionsOf({}));
const authorizations = once(() => dynamoDbAuthorizationStore({ client: dynamoDb(), tableName: config().tableName }));
const providerHealth = once(() => dynamoDbProviderHealthStore({ client: dynamoDb(), tableName: config().tableName }));
const vault = once(() => kmsVault({ client: kmsClient(), keyId: config().keyId }));
const publisher = once(() =>
  versionedPublisher({ versions: secretVersions(secretsManager()), clock: systemClock, random: systemRandom }),
);
const events = once(() => eventBridgeEventBus({ client: eventBridgeClient(), busName: config().eventBusName }));
const clientCredentials = once(() =>
  secretsManagerClientCredentials({ client: secretsManager(), prefix: config().prefix, clock: systemClock }),
);

const providers = once((): ReadonlyMap<string, Provider> => configuredProviders(config().providers));

const fetchFor = once((): FetchFor => {
  const { customerOrigins: origins, privateAuthorities } = config();
  const customers = customerFetch({ origins, ...(privateAuthorities === undefined ? {} : { privateAuthorities }) });
  return providerFetch(globalThis.fetch, customers);
});

const metrics = once(() =>
  embeddedMetrics({
    prefix: () => config().prefix,
    clock: systemClock,
    write: (line) => config().metrics && process.stdout.write(`${line}\n`),
  }),
);

const settings = once((): Settings => {
  const { publish, prefix, publicUrl, returnToOrigins, installUrl } = config();
  return { publish, prefix, publicUrl, returnToOrigins, installUrl };
});

const system = { clock: systemClock, random: systemRandom } as const;

/** For listing and showing: nothing here can decrypt. */
export const connectionPorts = once(() => ({
  connections: connections(),
  providers: providers(),
  settings: settings(),
}));

/** For issuing tickets. */
export const ticketPorts = once(() => ({
  ...system,
  authorizations: authorizations(),
  providers: providers(),
  settings: settings(),
  log: log(),
}));

/** For the redirect to the provider. */
export const authorizationPorts = once(() => ({
  ...ticketPorts(),
  connections: connections(),
  clientCredentials: clientCredentials(),
}));

/** For showing how an authorization ended. */
export const resultPorts = once(() => ({ ...ticketPorts(), connections: connections() }));

/** For everything that redeems or revokes. */
export const brokerPorts = once(() => ({
  ...system,
  connections: connections(),
  vault: vault(),
  publisher: publisher(),
  clientCredentials: clientCredentials(),
  events: events(),
  providerHealth: providerHealth(),
  providers: providers(),
  settings: settings(),
  log: log(),
  metrics: metrics(),
  fetchFor: fetchFor(),
}));

/** For redeeming a refresh token that is handed in. */
export const importPorts = once(() => ({
  ...brokerPorts(),
  readOrigin: originReader(config().customerOrigins),
}));

/** For a sweep: what is due are the connections of its share. */
export function sweepPorts(share: SweepShare) {
  return { ...brokerPorts(), connections: connectionsOf({ ownShards: shardsOf(share) }) };
}

/** For the callback, which redeems a code. */
export const callbackPorts = once(() => ({ ...brokerPorts(), authorizations: authorizations() }));

/** A handler that writes down what it has measured when it ends, before Lambda freezes it. */
export function measured<Input extends readonly unknown[], Result>(
  handler: (...input: Input) => Promise<Result>,
): (...input: Input) => Promise<Result> {
  return async (...input) => {
    try {
      return await handler(...input);
    } finally {
      metrics().flush();
    }
  };
}

/**
 * Makes a value when it is first asked for. Its calls have no side effects, says the annotation: a bundler leaves those out
 * whose value nobody uses, and the adapters with them.
 */
/* @__NO_SIDE_EFFECTS__ */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
