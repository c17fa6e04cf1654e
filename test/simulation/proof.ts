import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable } from "../support/markdown-table.ts";
import { invariants } from "./findings.ts";
import { providerKinds } from "./provider-kinds.ts";
import { brokers, type SearchResult } from "./searches.ts";
import { counted, countedColumns } from "./table.ts";
import { causes } from "./verdict.ts";

const file = fileURLToPath(new URL("../../docs/proof.md", import.meta.url));
const marks = { begin: "<!-- exhaustive: regenerated and compared in CI -->", end: "<!-- /exhaustive -->" } as const;

/** The part that comes out the same every time. */
export function exhaustivePart(results: readonly SearchResult[]): string {
  const rows = results.map((result) => [
    result.search.kind,
    result.search.scenario,
    result.states,
    ...counted([result]),
  ]);
  return [
    markdownTable(["provider", "scenario", "states", ...countedColumns], rows),
    "",
    "Where each loss comes from:",
    "",
    lossTable(results),
  ].join("\n");
}

function lossTable(results: readonly SearchResult[]): string {
  const all = [...new Set(results.flatMap(causes))].sort();
  const rows = providerKinds.map(({ name }) => {
    const mine = results.filter(({ search }) => search.kind === name);
    return [name, ...all.map((cause) => mine.reduce((total, { losses }) => total + (losses[cause] ?? 0), 0))];
  });
  return markdownTable(["provider", ...all], rows);
}

/** Rows by broker and provider, all of whose searches are summed. */
export function sideBySide(results: readonly SearchResult[]): string {
  const rows = brokers.flatMap((broker) =>
    providerKinds.map(({ name }) => {
      const mine = results.filter(({ search }) => search.broker === broker.name && search.kind === name);
      return [broker.name, name, ...counted(mine)];
    }),
  );
  return markdownTable(["broker", "provider", ...countedColumns], rows);
}

export function randomTable(results: readonly SearchResult[]): string {
  const rows = results.map((result) => [result.search.kind, "three workers at random", ...counted([result])]);
  return markdownTable(["provider", "scenario", ...countedColumns], rows);
}

export type Proof = {
  readonly seed: number;
  readonly schedules: number;
  /** ISO 8601 day. */
  readonly date: string;
  readonly exhaustive: readonly SearchResult[];
  readonly exhaustiveOfBaselines: readonly SearchResult[];
  readonly random: readonly SearchResult[];
  readonly randomOfBaselines: readonly SearchResult[];
};

/** Writes `docs/proof.md`. */
export function writeProof(proof: Proof): void {
  const { seed, schedules, date, exhaustive, exhaustiveOfBaselines, random, randomOfBaselines } = proof;
  const checks = Object.entries(invariants).map(([invariant, columns]) => [invariant, columns.join(", ")]);
  writeFileSync(
    file,
    `${`
# No refresh token is lost or spent twice

Written by \`npm run simulate\`; do not edit. The production refresher, revoker, callback, import and sweep run against stores
and a provider in memory, one call at a time, in every order and with every fault that a row names. How that works is in
[simulation.md](simulation.md).

\`\`\`sh
npm run simulate                                          # all of it: most of an hour on two cores, and this page
npm run simulate -- --exhaustive --check                  # the first part, compared with this page
npm run simulate -- --random --schedules 600 --seed ${seed}   # some of the second part
\`\`\`

*Lost* counts schedules after which the account has to be authorized again, *preventable* those of them that another order
of writes would have saved. Any number in one of the columns after it is a fault of the broker.

## Exhaustive: two workers, one fault, every order

A fault is a call that fails, one whose reply is lost, a process that dies before or after a call, or one that stands still
until its lease is over. Schedules that only repeat what another one did are not counted.

${marks.begin}

${exhaustivePart(exhaustive)}

${marks.end}

## At random: three workers, up to three faults

${date}, seed ${seed}, ${schedules.toLocaleString("en-US")} schedules.

${randomTable(random)}

## The same schedules against what one would write instead

*refresh and store* redeems, stores and publishes. *lease without fence* takes a lock with an expiry first and looks again;
it is what published systems do. Both are in [test/simulation/baselines](../test/simulation/baselines).

Exhaustive:

${sideBySide([...exhaustive, ...exhaustiveOfBaselines])}

At random, for the baselines the first tenth:

${sideBySide([...random, ...randomOfBaselines])}

## Which check holds which invariant

The invariants are in [architecture.md](architecture.md#invariants), the columns above and these checks in
\`test/simulation\`. That each of them can fail is held by mutants of the protocol: \`test/simulation/mutants.ts\`.

${markdownTable(["invariant", "violated where a schedule ends with"], checks)}
`.trim()}\n`,
  );
}

/** Puts a new exhaustive part in the place of the old one. The rest stays as it was on its day. */
export function writeExhaustivePart(part: string): void {
  const old = readExhaustivePart();
  if (old === undefined) throw new Error("docs/proof.md has no exhaustive part. Run `npm run simulate`.");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace(old, () => part),
  );
}

/** @returns the exhaustive part as it stands in `docs/proof.md`; undefined where there is none */
export function readExhaustivePart(): string | undefined {
  const text = readFileSync(file, "utf8");
  const begin = text.indexOf(marks.begin);
  const end = text.indexOf(marks.end);
  return begin < 0 || end < 0 ? undefined : text.slice(begin + marks.begin.length, end).trim();
}
