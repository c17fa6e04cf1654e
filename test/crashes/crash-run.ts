import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "../../infra/local/sandbox/faults/seeded-random.ts";
import type { LocalBroker, LocalStack } from "../support/local-stack.ts";
import { stackClient } from "../support/stack-client.ts";
import { atOnce } from "./at-once.ts";
import type { CrashReport, Progress } from "./crash-report.ts";
import { refreshAll, shortcomings } from "./final-state.ts";
import { handIn } from "./hand-in.ts";
import { createKiller } from "./killer.ts";
import { observations } from "./observations.ts";
import { providerFaults } from "./provider-faults.ts";
import { startReaders } from "./readers.ts";
import { sandboxWitness } from "./sandbox-witness.ts";
import { halfDone, storedConnections } from "./stored-connections.ts";
import { tardiness, tardyAws } from "./tardy-aws.ts";

export type CrashRun = {
  readonly stack: Pick<LocalStack, "awsUrl" | "sandboxUrl">;
  /** Whom to kill: one of them every few seconds, and all of them at last. */
  readonly brokers: readonly LocalBroker[];
  readonly connections: number;
  /** Life of access tokens, in seconds: short, so that connections are refreshed again and again. */
  readonly tokenSeconds: number;
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

/** Share of the connections that are made while brokers die. The others are there before. */
const newcomerShare = 0.1;

/** Longest that connections may take to come to rest after the last kill, in seconds: a lease, a debt, backoffs. */
const patience = 180;

/**
 * Lets brokers refresh at a provider that fails now and then, kills one of them every few seconds and all of them in
 * the end, and then looks what has become of every connection. The provider replaces each refresh token and goes on
 * taking the old one, so nothing may be lost.
 *
 * The last access tokens live long: what the last kill leaves half done, no later refresh makes up for.
 */
export async function runCrashes(run: CrashRun): Promise<CrashReport> {
  const { stack, brokers, tokenSeconds } = run;
  const random = seededRandom(run.seed);
  let startedAt = Date.now();
  const elapsed = () => Math.round((Date.now() - startedAt) / 1000);
  const clients = brokers.map(({ brokerUrl }) => stackClient({ ...stack, brokerUrl }));
  const client = pick(clients, random);
  const stored = storedConnections(stack.awsUrl);
  const seen = observations();
  const witness = sandboxWitness(client, providerFaults(faultShare, run.seed));
  const progress = (): Progress => ({ seconds: elapsed(), kills: killer.kills(), witness: witness.testimony() });
  const killer = createKiller({
    brokers,
    random,
    before: async () => {
      await witness.collect();
      await client.aws.faults(tardyAws);
    },
    after: async () => {
      await witness.follow();
      run.tell?.(progress());
    },
  });
  const accounts = Array.from({ length: run.connections }, (_, index) => `account-${index + 1}`);

  await client.sandbox.settings({ rotation: "new-old-still-valid", token_seconds: tokenSeconds });
  const connected: string[] = [];
  const connect = async (account: string) => {
    await handIn(pick(clients, random), account);
    connected.push(account);
  };
  const newcomers = Math.ceil(accounts.length * newcomerShare);
  await atOnce(16, accounts.slice(newcomers), connect);

  startedAt = Date.now();
  await witness.follow();
  const connecting = settled(atOnce(8, accounts.slice(0, newcomers), connect));
  const minimumSeconds = Math.floor(tokenSeconds * 0.7);
  const readers = startReaders({ count: 8, clients, accounts: connected, minimumSeconds, random, seen });
  const lastTokens = 0.3 * tokenSeconds;
  await killer.killWhile(() => !connecting.isOver() || elapsed() < run.seconds - lastTokens);
  await client.sandbox.settings({ token_seconds: longLife });
  await wait(lastTokens * 1000);
  await stored.underWay();
  const killedAt = await killer.killAll();
  const killedFor = elapsed();
  const left = halfDone(await stored.read(), killedAt);
  await readers.stop();
  await connecting.outcome();

  await witness.calm();
  await client.aws.faults([]);
  await wait(tardiness);
  const unsettled = await stored.atRest(accounts, patience);
  const settledAfter = elapsed() - killedFor;
  const wrong = await shortcomings(client, accounts, seen);
  const outdated = await refreshAll(client, accounts, witness);
  const generations = (await stored.read()).reduce((sum, { generation }) => sum + generation, 0);
  const { all: impossible, answers } = seen;
  const found = { unsettled, wrong, impossible, outdated };
  return {
    ...progress(),
    ...found,
    accounts: accounts.length,
    killedFor,
    left,
    settledAfter,
    generations,
    answers,
  };
}

function pick<Value>(values: readonly Value[], random: () => number): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("There is nothing to choose from.");
  return value;
}

/** Work whose failure is looked at when it is convenient. */
function settled(work: Promise<void>): { isOver(): boolean; outcome(): Promise<void> } {
  let isOver = false;
  const end = work.then(
    () => {
      isOver = true;
      return undefined;
    },
    (error: unknown) => {
      isOver = true;
      return { error };
    },
  );
  return {
    isOver: () => isOver,
    async outcome() {
      const failed = await end;
      if (failed !== undefined) throw failed.error;
    },
  };
}
