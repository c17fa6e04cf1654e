import { describe, expect, it } from "vitest";
import { exhaustivePart, readExhaustivePart } from "./proof.ts";
import { exhaustivePairs } from "./scenario-list.ts";
import { runSearches } from "./search-pool.ts";
import type { Search } from "./searches.ts";
import { objections } from "./verdict.ts";

/** Set by the project's own gate: then workers freeze at every kind of provider, and the proof is compared. */
const isAll = process.env["SIMULATE_ALL"] !== undefined;

/** The one kind at which workers freeze in any case. */
const frozenAt = "single-use";

const searches = exhaustivePairs.map(
  (pair): Search => ({
    ...pair,
    broker: "chaveiro",
    freezes: isAll || pair.kind === frozenAt,
    stopsAtFinding: true,
  }),
);

describe("every schedule of two workers with one fault", () => {
  it("loses what nobody can keep, and nothing else", { timeout: 1_800_000 }, async () => {
    const results = await runSearches(searches);
    expect(objections(results)).toEqual([]);
    if (isAll) expect(exhaustivePart(results)).toBe(readExhaustivePart());
  });
});
