import { describe, expect, it } from "vitest";
import type { FindingKind } from "./findings.ts";
import { runSearch } from "./searches.ts";

const cases: readonly (readonly [broker: string, kind: string, scenario: string, found: readonly FindingKind[]])[] = [
  ["refresh and store", "single-use", "two sweeps", ["redemptions overlapping", "lost"]],
  ["refresh and store", "single-use with family revocation", "two sweeps", ["redemptions overlapping", "lost"]],
  [
    "refresh and store",
    "rotating, the old one still valid",
    "re-authorize during refresh",
    ["newer generation replaced"],
  ],
  ["refresh and store", "non-rotating", "revoke during refresh", ["revived", "events missing"]],
  ["lease without fence", "single-use", "two sweeps", ["lost"]],
  ["lease without fence", "non-rotating", "two sweeps", ["published out of order"]],
  [
    "lease without fence",
    "rotating, the old one still valid",
    "revoke during refresh",
    ["revived", "live connection revoked by us"],
  ],
];

describe("the simulator catches what one would write instead", { timeout: 120_000 }, () => {
  it.each(cases)("%s, at a provider that is %s: %s", async (broker, kind, scenario, found) => {
    const result = await runSearch({ broker, kind, scenario, freezes: true, stopsAtFinding: false });
    expect(Object.keys(result.found)).toEqual(expect.arrayContaining([...found]));
    expect(result.counterexample).toContain("starts");
  });
});
