import { setTimeout as wait } from "node:timers/promises";
import {
  type AccessToken,
  type Metadata,
  type Reply,
  rejectedHash,
  type StackClient,
} from "../support/stack-client.ts";
import type { Observations } from "./observations.ts";

/** What no reader may ever be told: none of these grants has ended. */
const impossible: readonly string[] = ["reauthorization_required", "connection_revoked", "connection_not_found"];

/** Longest pause between two looks of one reader, in milliseconds. */
const longestPause = 200;

/**
 * Consumers who know nothing of crashes: they ask for any token, for one with a long life, for another than a rejected
 * one, and read what is published and listed. What cannot be reached they ask again.
 *
 * @param options.accounts grows while they read
 * @param options.minimumSeconds the long life
 */
export function startReaders(options: {
  readonly count: number;
  readonly clients: readonly StackClient[];
  readonly accounts: readonly string[];
  readonly minimumSeconds: number;
  readonly random: () => number;
  readonly seen: Observations;
}): { stop(): Promise<void> } {
  const { clients, accounts, minimumSeconds, random, seen } = options;
  const tokens = new Map<string, string>();
  let stopped = false;

  const one = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)];
  const told = (account: string, what: string) => {
    seen.answered(what);
    if (impossible.includes(what)) seen.wrong(`${account}: a reader was told ${what}`);
  };
  const list = async (client: StackClient, account: string) => {
    const { status, body } = await client.call<Metadata>("GET", `/v1/connections/rd-station/${account}`);
    told(account, status === 200 ? body.status : (body.code ?? String(status)));
    return status === 200 ? body.generation : undefined;
  };
  const read = async (account: string, ask: () => Promise<Reply<AccessToken>>) => {
    const askedAt = Date.now();
    const { status, body } = await ask();
    told(account, status === 200 ? "token" : (body.code ?? String(status)));
    if (status !== 200) return undefined;
    if (Date.parse(body.expires_at) <= askedAt) seen.wrong(`${account}: a reader was given an expired token`);
    tokens.set(account, body.access_token);
    return body.generation;
  };
  const looks: readonly ((client: StackClient, account: string) => Promise<void>)[] = [
    (client, account) => seen.generation("stored", account, () => read(account, () => client.accessToken(account))),
    (client, account) => {
      const ask = () => client.accessToken(account, { minimum_seconds: minimumSeconds });
      return seen.generation("stored", account, () => read(account, ask));
    },
    (client, account) => {
      const rejected = rejectedHash(tokens.get(account) ?? "");
      return seen.generation("stored", account, () => read(account, () => client.accessToken(account, { rejected })));
    },
    (client, account) =>
      seen.generation("published", account, async () => (await client.published(account))?.generation),
    (client, account) => seen.generation("stored", account, () => list(client, account)),
  ];
  const reader = async () => {
    while (!stopped) {
      const [client, account, look] = [one(clients), one(accounts), one(looks)];
      if (client !== undefined && account !== undefined && look !== undefined) {
        await look(client, account).catch(() => seen.answered("none"));
      }
      await wait(random() * longestPause);
    }
  };
  const readers = Array.from({ length: options.count }, reader);
  return {
    async stop() {
      stopped = true;
      await Promise.all(readers);
    },
  };
}
