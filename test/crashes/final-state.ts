import { isDeepStrictEqual } from "node:util";
import { stackNames } from "../../infra/local/stack-names.ts";
import { dynamoDbClient } from "../../shared/aws/aws-clients.ts";
import { dynamoDbConnectionStore } from "../../shared/aws/dynamodb-connection-store.ts";
import type { Connection } from "../../shared/broker/connection.ts";
import { systemClock } from "../../shared/runtime/system.ts";
import type { StackClient } from "../support/stack-client.ts";
import { atOnce } from "./at-once.ts";
import type { Observations } from "./observations.ts";

/** Reads what is stored of all connections, in the table itself. */
export async function storedConnections(awsUrl: string): Promise<readonly Connection[]> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = dynamoDbClient({ endpoint: awsUrl, region: "us-east-1", credentials });
  const store = dynamoDbConnectionStore({ client, tableName: stackNames.tableName, clock: systemClock });
  const stored: Connection[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list({ provider: "rd-station", limit: 100, cursor });
    stored.push(...page.connections);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  client.destroy();
  return stored;
}

/** @returns what keeps each connection from being at rest: nothing, where nobody has to touch it before `until` */
export function unrest(accounts: readonly string[], stored: readonly Connection[], until: number): readonly string[] {
  const found = new Map(stored.map((connection) => [connection.id, connection]));
  return accounts.flatMap((account) => {
    const connection = found.get(`rd-station/${account}`);
    if (connection === undefined) return [`${account}: is not there`];
    const { status, reason, attempt, unknown, candidate, owed, refreshAt, retry } = connection;
    const open = [
      status === "active" ? "" : `is ${status}${reason === null ? "" : ` (${reason})`}`,
      attempt === null || attempt.ended ? "" : `has an open attempt (${attempt.kind})`,
      unknown ? "has an attempt whose outcome is unknown" : "",
      candidate === null ? "" : "has a refresh token that is not redeemed",
      Object.keys(owed).length === 0 ? "" : `owes ${Object.keys(owed).join(", ")}`,
      Math.max(refreshAt ?? 0, retry?.at ?? 0) > until ? "" : "is not refreshed",
    ];
    return open.filter((what) => what !== "").map((what) => `${account}: ${what}`);
  });
}

/** Looks at connections at rest from all sides. @returns what is not as it has to be */
export async function shortcomings(
  client: StackClient,
  accounts: readonly string[],
  seen: Observations,
): Promise<readonly string[]> {
  const found: string[] = [];
  await atOnce(16, accounts, async (account) => {
    const [metadata, token, published] = [
      await client.metadata(account),
      await client.accessToken(account),
      await client.published(account),
    ];
    await seen.generation("stored", account, async () => metadata.generation);
    await seen.generation("published", account, async () => published?.generation);
    if (metadata.status !== "active") found.push(`${account}: is ${metadata.status}`);
    if (token.status !== 200) return void found.push(`${account}: gives no token: ${token.text}`);
    const accepted = await client.contacts(token.body.access_token);
    if (accepted !== 200) found.push(`${account}: its token is answered ${accepted}`);
    if (token.body.generation !== metadata.generation) found.push(`${account}: its token is of another generation`);
    if (!isDeepStrictEqual(published, { provider: "rd-station", account, ...token.body }))
      found.push(`${account}: is at ${token.body.generation}, and what is published is of ${published?.generation}`);
  });
  return found;
}
