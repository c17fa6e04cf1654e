import { setTimeout as wait } from "node:timers/promises";
import { stackNames } from "../../infra/local/stack-names.ts";
import { dynamoDbClient } from "../../shared/aws/aws-clients.ts";
import { dynamoDbConnectionStore } from "../../shared/aws/dynamodb-connection-store.ts";
import type { Connection } from "../../shared/broker/connection.ts";
import { timing } from "../../shared/broker/timing.ts";
import { systemClock } from "../../shared/runtime/system.ts";

export type StoredConnections = {
  /** Reads all of them, in the table itself. */
  read(): Promise<readonly Connection[]>;
  /** Waits, for ten seconds at most, for a moment at which attempts and effects are half done. */
  underWay(): Promise<void>;
  /**
   * Waits until nobody has to touch any of them for an hour.
   * @param seconds longest that this may take
   * @returns what is still open then, in sentences
   */
  atRest(accounts: readonly string[], seconds: number): Promise<readonly string[]>;
};

export type HalfDone = {
  /** Attempts that have begun and not ended. */
  readonly attempts: number;
  /** Connections that were written, and whose effects were not seen to. */
  readonly debts: number;
};

const hour = 3_600_000;

/** Looks at the connections behind the brokers' backs. */
export function storedConnections(awsUrl: string): StoredConnections {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = dynamoDbClient({ endpoint: awsUrl, region: "us-east-1", credentials });
  const store = dynamoDbConnectionStore({ client, tableName: stackNames.tableName, clock: systemClock });

  const read = async () => {
    const found: Connection[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ provider: "rd-station", limit: 100, cursor });
      found.push(...page.connections);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return found;
  };
  return {
    read,
    async underWay() {
      for (const givesUpAt = Date.now() + 10_000; Date.now() < givesUpAt; ) {
        const { attempts, debts } = halfDone(await read(), Date.now());
        if (attempts > 0 && debts > 0) return;
      }
    },
    async atRest(accounts, seconds) {
      const givesUpAt = Date.now() + seconds * 1000;
      for (;;) {
        const found = new Map((await read()).map((connection) => [connection.id, connection]));
        const open = accounts.flatMap((account) => unrest(account, found.get(`rd-station/${account}`)));
        if (open.length === 0 || Date.now() > givesUpAt) return open;
        await wait(500);
      }
    },
  };
}

/**
 * What was half done at a moment, epoch milliseconds. Where all brokers were killed then, nobody goes on with it for a
 * while: a lease has to end, and a debt to be a minute old.
 */
export function halfDone(connections: readonly Connection[], at: number): HalfDone {
  const isOpen = ({ attempt }: Connection) =>
    attempt !== null && !attempt.ended && attempt.leaseUntil - timing.lease <= at;
  const owes = ({ owed }: Connection) => Object.values(owed).some(({ since }) => since <= at);
  return { attempts: connections.filter(isOpen).length, debts: connections.filter(owes).length };
}

function unrest(account: string, connection: Connection | undefined): readonly string[] {
  if (connection === undefined) return [`${account}: is not there`];
  const { status, reason, attempt, unknown, candidate, owed, refreshAt, retry } = connection;
  const open = [
    status === "active" ? "" : `is ${status}${reason === null ? "" : ` (${reason})`}`,
    attempt === null || attempt.ended ? "" : `has an open attempt (${attempt.kind})`,
    unknown ? "has an attempt whose outcome is unknown" : "",
    candidate === null ? "" : "has a refresh token that is not redeemed",
    Object.keys(owed).length === 0 ? "" : `owes ${Object.keys(owed).join(", ")}`,
    Math.max(refreshAt ?? 0, retry?.at ?? 0) > Date.now() + hour ? "" : "is not refreshed",
  ];
  return open.filter((what) => what !== "").map((what) => `${account}: ${what}`);
}
