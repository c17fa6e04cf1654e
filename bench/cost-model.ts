import { createHash } from "node:crypto";
import { refreshAt } from "../shared/broker/refresh-schedule.ts";

/** Prices in US dollars; a month, where a name says so, is a whole one. `prices.json` has those of one Region. */
export type Prices = typeof import("./prices.json");

export type Fleet = {
  readonly connections: number;
  /** Life of an access token. */
  readonly lifeSeconds: number;
  readonly isPublished: boolean;
};

const monthSeconds = 730 * 3600;
const gigabyte = 1e9;

/** What one refresh asks of AWS: counted at the wire in `test/lifecycle/wire-counts.test.ts`. */
export const ofOneRefresh = {
  itemWrites: 3,
  itemReads: 1,
  kmsRequests: 1,
  /** Where the access token is published: one read and two writes. */
  secretsManagerRequests: 3,
} as const;

/** What is assumed, because it depends on tokens, accounts and luck. */
export const assumed = {
  /** Size of a connection's item. A write costs a unit for each kilobyte, a consistent read one for each four. */
  itemKilobytes: 4,
  /** A write that changes the due time removes an index entry and adds another. */
  indexUnitsOfWrite: 2,
  /** Refreshes that one sweep makes in a second. */
  refreshesPerSecond: 60,
  /** Share of refreshes that fail, and bytes of log for each: successes are counted, not logged. */
  failures: 0.01,
  failureBytes: 1500,
  /** Bytes of log for each sweep: Lambda's own lines, and a line of metrics for each provider. */
  sweepBytes: 2500,
  /** Bytes of log for each read from the broker: a line of the access log, and Lambda's own START, END and REPORT. */
  readBytes: 400 + 300,
  idleSweepSeconds: 0.3,
  sweepGigabytes: 1,
  requestGigabytes: 0.5,
  /** With nothing due, all schedules together ask every shard of three providers once a minute. */
  sweepQueries: 12,
  /** Each sweep reads how two of the providers are doing. */
  sweepReads: 2,
  clientSecrets: 2,
  /** Client credentials are read once in five minutes, and so is the table's key. */
  clientReads: (2 * monthSeconds) / 300,
  metrics: 35,
  alarmMetrics: 37,
} as const;

/**
 * What Secrets Manager takes in one Region of an account: writes in a second, of which a publish is two, and secrets. Neither
 * can be raised.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export const secretsManagerQuotas = { writesPerSecond: 50, writesOfOnePublish: 2, secrets: 500_000 } as const;

/** How long after its issue an access token is refreshed on average, in seconds. */
export function meanRefreshSeconds(lifeSeconds: number): number {
  const ids = Array.from({ length: 1000 }, (_, index) => createHash("sha256").update(String(index)).digest("hex"));
  const times = ids.map((id) => refreshAt(id, { issuedAt: 0, expiresAt: lifeSeconds * 1000 }) / 1000);
  return times.reduce((sum, time) => sum + time) / times.length;
}

/** Refreshes in a second, over all connections. */
export function refreshRate({ connections, lifeSeconds }: Fleet): number {
  return connections / meanRefreshSeconds(lifeSeconds);
}

/** True where Secrets Manager takes as many publishes as there are refreshes, and holds a secret for each connection. */
export function canBePublished(fleet: Fleet): boolean {
  const { writesPerSecond, writesOfOnePublish, secrets } = secretsManagerQuotas;
  const hasRoom = fleet.connections + assumed.clientSecrets <= secrets;
  return hasRoom && refreshRate(fleet) * writesOfOnePublish <= writesPerSecond;
}

/** How many schedules have to share the sweep: each makes so many refreshes in a second, and there are four at most. */
export function schedulesNeeded(fleet: Fleet): number {
  return Math.max(1, Math.ceil(refreshRate(fleet) / assumed.refreshesPerSecond));
}

/** US dollars a month, by what they are for. */
export function monthlyCost(fleet: Fleet, prices: Prices): Readonly<Record<string, number>> {
  const refreshes = refreshRate(fleet) * monthSeconds;
  const minutes = monthSeconds / 60;
  const sweeps = minutes * schedulesNeeded(fleet);
  const { connections, isPublished } = fleet;
  const writeUnits = ofOneRefresh.itemWrites * (assumed.itemKilobytes + assumed.indexUnitsOfWrite);
  const readUnits = ofOneRefresh.itemReads * Math.ceil(assumed.itemKilobytes / 4);
  const sweepUnits = minutes * (assumed.sweepQueries / 2) + sweeps * assumed.sweepReads;
  const stored = (connections * (assumed.itemKilobytes + 0.4) * 1000) / gigabyte;
  const seconds = refreshes / assumed.refreshesPerSecond + sweeps * assumed.idleSweepSeconds;
  const logged = refreshes * assumed.failures * assumed.failureBytes + sweeps * assumed.sweepBytes;
  const publishes = isPublished ? refreshes : 0;
  return {
    "secrets of connections": isPublished ? connections * prices.secretMonth : 0,
    publishing: publishes * ofOneRefresh.secretsManagerRequests * prices.secretsManagerRequest,
    DynamoDB:
      refreshes * (writeUnits * prices.dynamodbWriteUnit + readUnits * prices.dynamodbReadUnit) +
      sweepUnits * prices.dynamodbReadUnit +
      stored * (prices.dynamodbStorageGigabyteMonth + prices.dynamodbBackupGigabyteMonth),
    KMS: prices.kmsKeyMonth + (refreshes * ofOneRefresh.kmsRequests + assumed.clientReads) * prices.kmsRequest,
    Lambda:
      sweeps * (prices.lambdaRequest + prices.schedulerInvocation) +
      seconds * assumed.sweepGigabytes * prices.lambdaGigabyteSecond,
    "client credentials":
      assumed.clientSecrets * prices.secretMonth + assumed.clientReads * prices.secretsManagerRequest,
    "logs, metrics, alarms, dashboard":
      (logged / gigabyte) * prices.logsGigabyte +
      assumed.metrics * prices.metricMonth +
      assumed.alarmMetrics * prices.alarmMetricMonth +
      prices.dashboardMonth,
  };
}

/** US dollars that a million reads of an access token cost: from its published secret, and from the broker. */
export function costOfMillionReads(prices: Prices): { readonly published: number; readonly broker: number } {
  const lambdaSeconds = 0.05;
  const broker =
    prices.apiRequest +
    prices.lambdaRequest +
    lambdaSeconds * assumed.requestGigabytes * prices.lambdaGigabyteSecond +
    Math.ceil(assumed.itemKilobytes / 4) * prices.dynamodbReadUnit +
    prices.kmsRequest +
    (assumed.readBytes / gigabyte) * prices.logsGigabyte;
  return { published: 1e6 * prices.secretsManagerRequest, broker: 1e6 * broker };
}
