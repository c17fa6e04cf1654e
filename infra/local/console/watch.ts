import { setTimeout as wait } from "node:timers/promises";

export type Watch<State> = {
  /**
   * The next look, one for all who wait for it. Nobody looks while nobody waits.
   *
   * @throws AbortError once the watch is closed
   */
  next(): Promise<State>;
  close(): void;
};

/** Between two looks, in milliseconds. */
const pause = 1_000;

/** Looking takes at most one part in this many of the process's time. */
const share = 10;

/** `now`: milliseconds, from whenever. `sleep` rejects where its signal is aborted. */
export type WatchClock = {
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
};

const systemWatchClock: WatchClock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { signal }),
};

/**
 * Looks again and again, as long as somebody wants to see.
 *
 * @param look rejects never
 */
export function createWatch<State>(
  look: () => Promise<State>,
  { now, sleep }: WatchClock = systemWatchClock,
): Watch<State> {
  const closing = new AbortController();
  let coming: Promise<State> | undefined;
  let restUntil = 0;

  async function lookOnce(): Promise<State> {
    await sleep(Math.max(0, restUntil - now()), closing.signal);
    const begunAt = now();
    const state = await look();
    restUntil = now() + Math.max(pause, (now() - begunAt) * (share - 1));
    closing.signal.throwIfAborted();
    return state;
  }

  return {
    next() {
      coming ??= lookOnce().finally(() => {
        coming = undefined;
      });
      return coming;
    },
    close: () => closing.abort(),
  };
}
