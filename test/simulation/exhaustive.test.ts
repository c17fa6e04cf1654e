import { describe, expect, it } from "vitest";
import { providerKinds } from "./provider-kinds.ts";
import { scenarios } from "./scenario-list.ts";
import { runSearches } from "./search-pool.ts";
import { causes, objections } from "./verdict.ts";

/** The one provider that is searched with workers that freeze as well; `npm run simulate` does it for all. */
const frozenAt = "single-use";

const searches = [
  ...providerKinds.flatMap(({ name: kind }) =>
    scenarios.map(({ name: scenario }) => ({ kind, scenario, freezes: false })),
  ),
  ...scenarios.map(({ name: scenario }) => ({ kind: frozenAt, scenario, freezes: true })),
].filter(({ kind, freezes }) => freezes || kind !== frozenAt);

describe("every schedule of two workers with one fault", () => {
  it("loses what nobody can keep, and nothing else", { timeout: 600_000 }, async () => {
    const results = await runSearches(
      searches.map((search) => ({ ...search, broker: "chaveiro", stopsAtFinding: true })),
      ({ counterexample }) => counterexample === undefined,
    );
    expect(objections(results)).toEqual([]);
    for (const { name, unpreventable } of providerKinds) {
      const found = new Set(results.filter(({ search }) => search.kind === name).flatMap(causes));
      expect([...found].filter((cause) => !unpreventable.includes(cause))).toEqual([]);
    }
  });
});
