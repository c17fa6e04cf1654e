import type { FindingKind } from "./findings.ts";
import { findingKinds } from "./findings.ts";
import type { SearchResult } from "./searches.ts";

const ownColumn: readonly FindingKind[] = [
  "condemned though usable",
  "revived",
  "live connection revoked by us",
  "published out of order",
  "events missing",
  "redemptions overlapping",
];

/** What is counted of one or several searches. */
export const countedColumns = ["schedules", "lost", "lost, preventable", ...ownColumn, "any other"] as const;

/** The counts of one row, summed over searches. */
export function counted(results: readonly SearchResult[]): readonly number[] {
  const sum = (count: (result: SearchResult) => number) => results.reduce((total, result) => total + count(result), 0);
  const of = (kind: FindingKind) => sum(({ found }) => found[kind] ?? 0);
  const others = findingKinds.filter((kind) => kind !== "lost" && !ownColumn.includes(kind));
  return [
    sum(({ schedules }) => schedules),
    sum(({ lost }) => lost),
    of("lost"),
    ...ownColumn.map(of),
    others.reduce((total, kind) => total + of(kind), 0),
  ];
}
