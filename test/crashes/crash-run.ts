import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "../../infra/local/sandbox/faults/seeded-random.ts";
import type { LocalBroker, LocalStack } from "../support/local-stack.ts";
import { eventually, stackClient } from "../support/stack-client.ts";
import { atOnce } from "./at-once.ts";
import type { CrashReport, Progress } from "./crash-report.ts";
import { shortcomings, storedConnections, unrest } from "./final-state.ts";
import { handIn } from "./hand-in.ts";
import { observations } from "./observations.ts";
import { providerFaults } from "./provider-faults.ts";
import { startReaders } from "./readers.ts";
import { sandboxWitness } from "./sandbox-witness.ts";

export type CrashRun = {
  readonly stack: Pick<LocalStack, "awsUrl" | "sandboxUrl">;
  /** Whom to kill: one at a time, at random. */
  readonly brokers: readonly LocalBroker[];
  /** Connections whose access tokens live for `tokenSeconds`, so that they are refreshed again and again. */
  readonly connections: number;
  readonly tokenSeconds: number;
  /** Connections whose access tokens outlive the run: what a crash has left undone, no later refresh makes up for. */
  readonly sleepers: number;
  /** How long to kill for. */
  readonly seconds: number;
  /** Of faults, kills and readers. Their times depend on the machine: a seed repeats a run roughly. */
  readonly seed: number;
  /** Told how it goes, after each kill. */
  readonly tell?: (progress: Progress) => void;
};

/** Share of the refreshes that a fault of the provider hits. */
const faultShare = 0.05;

/** Life of an access token that nobody has to refresh while this runs, in seconds. */
const longLife = 4 * 3600;

/** From one kill to the next, in milliseconds. */
const pause = { least: 2_000, most: 5_000 } as const;

/** Longest that connections may take to come to rest after the last kill, in seconds: a lease, a debt, backoffs. */
const patience = 180;

/** How much is asked of the brokers at a time. */
const concurrency = 16;

/**
 * Lets brokers refresh at a provider that fails now and then, kills one of them every few seconds, and then looks what
 * has become of every connection. The provider replaces each refresh token and goes on taking the old one, so nothing
 * may be lost.
 */
export async function runCrashes(run: CrashRun): Promise<CrashReport> {
  const random = seededRandom(run.seed);
  const clients = run.brokers.map(({ brokerUrl }) => stackClient({ ...run.stack, brokerUrl }));
  const anyClient = () => pick(clients, random);
  const client = anyClient();
  const witness = sandboxWitness(client, providerFaults(faultShare, run.seed));
  const seen = observations();
  const sleepers = names("sleeper", run.sleepers);
  const busy = names("busy", run.connections);
  const accounts = [...sleepers, ...busy];
  const startedAt = Date.now();
  const elapsed = () => Math.round((Date.now() - startedAt) / 1000);
  let kills = 0;
  const progress = (): Progress => ({ seconds: elapsed(), kills, witness: witness.testimony() });

  const connected: string[] = [];
  const connectAll = async () => {
    await atOnce(concurrency, sleepers, (account) => handIn(anyClient, account));
    await eventually(() => client.sandbox.settings({ token_seconds: run.tokenSeconds }));
    await atOnce(concurrency, busy, async (account) => {
      await handIn(anyClient, account);
      connected.push(account);
    });
  };
  const killOne = async () => {
    const broker = pick(run.brokers, random);
    await witness.collect();
    await broker.kill();
    kills++;
    await broker.start();
    await witness.follow();
  };
  /** @returns what is still open when patience ends */
  const comeToRest = async () => {
    const givesUpAt = Date.now() + patience * 1000;
    for (;;) {
      const stored = await storedConnections(run.stack.awsUrl);
      const open = unrest(accounts, stored, Date.now() + (longLife / 4) * 1000);
      if (open.length === 0 || Date.now() > givesUpAt) return open;
      await wait(500);
    }
  };
  /** @returns how many connections did not present the newest refresh token that was issued to them */
  const refreshAll = async () => {
    const { replays } = witness.testimony();
    let refused = 0;
    await atOnce(concurrency, accounts, async (account) => {
      if ((await client.refresh(account)).status !== 200) refused++;
    });
    await witness.collect();
    return witness.testimony().replays - replays + refused;
  };

  await client.sandbox.settings({ rotation: "new-old-still-valid", token_seconds: longLife });
  await witness.follow();
  let isConnecting = true;
  const connecting = Promise.allSettled([connectAll()]).finally(() => {
    isConnecting = false;
  });
  const minimumSeconds = Math.floor(run.tokenSeconds * 0.7);
  const readers = startReaders({ count: 4, clients, accounts: connected, minimumSeconds, random, seen });
  while (isConnecting || elapsed() < run.seconds) {
    await wait(pause.least + random() * (pause.most - pause.least));
    await killOne();
    run.tell?.(progress());
  }
  const killedFor = elapsed();
  await readers.stop();
  const [outcome] = await connecting;
  if (outcome.status === "rejected") throw outcome.reason;

  await witness.calm();
  await client.sandbox.settings({ token_seconds: longLife });
  const unsettled = await comeToRest();
  const settledAfter = elapsed() - killedFor;
  const wrong = await shortcomings(client, accounts, seen);
  await witness.collect();
  const outdated = await refreshAll();
  const generations = (await storedConnections(run.stack.awsUrl)).reduce((sum, { generation }) => sum + generation, 0);
  const { all: impossible, answers } = seen;
  const found = { unsettled, wrong, impossible, outdated };
  return { ...progress(), ...found, accounts: accounts.length, killedFor, settledAfter, generations, answers };
}

function names(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
}

function pick<Value>(values: readonly Value[], random: () => number): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("There is nothing to choose from.");
  return value;
}
