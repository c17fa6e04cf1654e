import { describe, expect, it } from "vitest";
import { createWatch, type WatchClock } from "../../../../infra/local/console/watch.ts";

/** A clock that only sleeping and looking move. */
function testClock() {
  let time = 0;
  const slept: number[] = [];
  const clock: WatchClock = {
    now: () => time,
    sleep: async (milliseconds, signal) => {
      signal.throwIfAborted();
      slept.push(milliseconds);
      time += milliseconds;
    },
  };
  const pass = (milliseconds: number) => {
    time += milliseconds;
  };
  return { clock, slept, pass };
}

describe("a watch", () => {
  it("looks once for all who wait", async () => {
    const { clock } = testClock();
    let looks = 0;
    const watch = createWatch(async () => ++looks, clock);
    expect(await Promise.all([watch.next(), watch.next(), watch.next()])).toEqual([1, 1, 1]);
    expect(await watch.next()).toBe(2);
  });

  it("does not look while nobody waits", async () => {
    const { clock, pass } = testClock();
    let looks = 0;
    const watch = createWatch(async () => ++looks, clock);
    await watch.next();
    pass(3_600_000);
    expect(looks).toBe(1);
    expect(await watch.next()).toBe(2);
  });

  it("looks at once where nobody has for a while, and once a second otherwise", async () => {
    const { clock, slept, pass } = testClock();
    const watch = createWatch(async () => {}, clock);
    await watch.next();
    await watch.next();
    pass(5_000);
    await watch.next();
    expect(slept).toEqual([0, 1_000, 0]);
  });

  it("rests nine times as long as a look has taken", async () => {
    const { clock, slept, pass } = testClock();
    const watch = createWatch(async () => pass(700), clock);
    await watch.next();
    await watch.next();
    expect(slept).toEqual([0, 6_300]);
  });

  it("gives nobody anything once it is closed", async () => {
    const { clock } = testClock();
    let looks = 0;
    const watch = createWatch(async () => ++looks, clock);
    watch.close();
    await expect(watch.next()).rejects.toThrow(/abort/i);
    expect(looks).toBe(0);
  });
});
