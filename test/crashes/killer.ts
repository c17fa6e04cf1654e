import { setTimeout as wait } from "node:timers/promises";
import type { LocalBroker } from "../support/local-stack.ts";

export type Killer = {
  /** Kills one broker every few seconds and starts it again at once, for as long as this gives true. */
  killWhile(goesOn: () => boolean): Promise<void>;
  /** Kills all of them at the same moment. @returns when that was, epoch milliseconds; they run again by then */
  killAll(): Promise<number>;
  kills(): number;
};

/** From one kill to the next, in milliseconds. */
const pause = { least: 2_000, most: 5_000 } as const;

/** From what is done before a kill to the kill, in milliseconds. */
const notice = 100;

/**
 * Kills brokers with SIGKILL.
 *
 * @param options.random decides when, and whom
 * @param options.before done shortly before each kill
 * @param options.after done when the broker runs again
 */
export function createKiller(options: {
  readonly brokers: readonly LocalBroker[];
  readonly random: () => number;
  readonly before: () => Promise<void>;
  readonly after: () => Promise<void>;
}): Killer {
  const { brokers, random } = options;
  let kills = 0;

  const kill = async (victims: readonly LocalBroker[]) => {
    await options.before();
    await wait(notice);
    await Promise.all(victims.map((broker) => broker.kill()));
    const killedAt = Date.now();
    kills += victims.length;
    await Promise.all(victims.map((broker) => broker.start()));
    await options.after();
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
