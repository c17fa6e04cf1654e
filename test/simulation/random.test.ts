import { describe, expect, it } from "vitest";
import { refreshAndStore } from "./baselines/refresh-and-store.ts";
import { chaveiro } from "./broker.ts";
import { providerKinds } from "./provider-kinds.ts";
import { searchAtRandom } from "./random.ts";

const [nonRotating, replayable] = providerKinds;

describe("schedules at random", { timeout: 120_000 }, () => {
  it.each(providerKinds.map((kind) => [kind.name, kind] as const))("end well: %s", async (_name, kind) => {
    const seed = Date.now() % 1_000_000_000;
    const { counterexample, schedules } = await searchAtRandom(chaveiro, kind, { seed, runs: 150, isExpected: false });
    expect(counterexample).toBeUndefined();
    expect(schedules).toBe(150);
  });

  it("are the same again for the same seed", async () => {
    if (replayable === undefined) throw new Error("There are no kinds of providers.");
    const search = () => searchAtRandom(refreshAndStore, replayable, { seed: 1, runs: 60, isExpected: true });
    const [once, again] = [await search(), await search()];
    expect(again).toEqual(once);
    expect(Object.keys(once.found)).not.toEqual([]);
  });

  it("are made smaller where they end badly, and found again by their path", async () => {
    if (nonRotating === undefined) throw new Error("There are no kinds of providers.");
    const found = await searchAtRandom(refreshAndStore, nonRotating, { seed: 7, runs: 500, isExpected: false });
    const path = /--path "([\d:]+)"/.exec(found.counterexample ?? "")?.[1];
    if (path === undefined) throw new Error("Nothing was found.");
    const again = await searchAtRandom(refreshAndStore, nonRotating, { seed: 7, runs: 1, isExpected: false, path });
    expect(again.counterexample?.split("\n").slice(1)).toEqual(found.counterexample?.split("\n").slice(1));
  });
});
