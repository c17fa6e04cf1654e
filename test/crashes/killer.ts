import { setTimeout as wait } from "node:timers/promises";
import type { LocalBroker } from "../support/local-stack.ts";
import type { SandboxWitness } from "./sandbox-witness.ts";

export type Killer = {
  /** Kills one broker every few seconds and starts it again at once, for as long as this gives true. */
  killWhile(goesOn: () => boolean): Promise<void>;
  /** Kills all of them at the same moment. @returns when that was, epoch milliseconds; they run again by then */
  killAll(): Promise<number>;
  kills(): number;
};

/** From one kill to the next, in milliseconds. */
const pause = { least: 2_000, most: 5_000 } as const;

/**
 * Kills brokers with SIGKILL.
 *
 * @param options.witness looks before each kill, which may be that of a sandbox
 * @param options.random decides when, and whom
 * @param options.killed told after each kill
 */
export function createKiller(options: {
  readonly brokers: readonly LocalBroker[];
  readonly witness: SandboxWitness;
  readonly random: () => number;
  readonly killed: () => void;
}): Killer {
  const { brokers, witness, random } = options;
  let kills = 0;

  const kill = async (victims: readonly LocalBroker[]) => {
    await witness.collect();
    await Promise.all(victims.map((broker) => broker.kill()));
    const killedAt = Date.now();
    kills += victims.length;
    await Promise.all(victims.map((broker) => broker.start()));
    await witness.follow();
    options.killed();
    return killedAt;
  };
  return {
    kills: () => kills,
    killAll: () => kill(brokers),
    async killWhile(goesOn) {
      while (goesOn()) {
        await wait(pause.least + random() * (pause.most - pause.least));
        const victim = Math.floor(random() * brokers.length);
        await kill(brokers.slice(victim, victim + 1));
      }
    },
  };
}
