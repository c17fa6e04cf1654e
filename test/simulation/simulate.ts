import { parseArgs } from "node:util";
import { exhaustivePart, randomTable, readExhaustivePart, writeExhaustivePart, writeProof } from "./proof.ts";
import { providerKinds } from "./provider-kinds.ts";
import { exhaustivePairs, scenarios } from "./scenario-list.ts";
import { runSearches } from "./search-pool.ts";
import { atRandom, brokers, type Search, type SearchResult } from "./searches.ts";
import { objections } from "./verdict.ts";

/* `npm run simulate`. What it can be told is in docs/simulation.md. */

const { values } = parseArgs({
  options: {
    exhaustive: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    random: { type: "boolean", default: false },
    scenario: { type: "string" },
    kind: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    path: { type: "string" },
    schedules: { type: "string", default: "1000000" },
    "no-freezes": { type: "boolean", default: false },
  },
});

const seed = readWholeNumber("seed", values.seed);
const schedules = readWholeNumber("schedules", values.schedules);
const freezes = !values["no-freezes"];
const kinds = providerKinds.map(({ name }) => name).filter((name) => values.kind === undefined || name === values.kind);
const wanted = scenarios
  .map(({ name }) => name)
  .filter((name) => values.scenario === undefined || name === values.scenario);
const [ours, ...baselines] = brokers.map(({ name }) => name) as [string, ...string[]];
if (kinds.length === 0 || wanted.length === 0) fail("No such provider or scenario. docs/proof.md names them all.");

const isWhole = !values.exhaustive && !values.random;
const exhaustive = values.random ? [] : await search(exhaustiveSearches(ours));
const random = values.exhaustive ? [] : await search(randomSearches(ours));
report(exhaustive, random);
if (values.check) compare(exhaustive);
if (values.exhaustive && values.write) writeExhaustivePart(exhaustivePart(exhaustive));
if (isWhole) {
  const exhaustiveOfBaselines = await search(baselines.flatMap(exhaustiveSearches));
  const randomOfBaselines = await search(baselines.flatMap(randomSearches));
  const date = new Date().toISOString().slice(0, 10);
  writeProof({ seed, schedules, date, exhaustive, exhaustiveOfBaselines, random, randomOfBaselines });
  process.stdout.write("Written: docs/proof.md\n");
}

function exhaustiveSearches(broker: string): readonly Search[] {
  return exhaustivePairs
    .filter(({ kind, scenario }) => kinds.includes(kind) && wanted.includes(scenario))
    .map((pair) => ({ ...pair, broker, freezes, stopsAtFinding: broker === ours }));
}

/** A baseline gets the first tenth of the same schedules. */
function randomSearches(broker: string): readonly Search[] {
  const runs = Math.ceil(schedules / kinds.length / (broker === ours ? 1 : 10));
  const path = values.path === undefined ? {} : { path: values.path };
  return kinds.map((kind) => ({
    broker,
    kind,
    scenario: atRandom,
    freezes: true,
    stopsAtFinding: broker === ours,
    random: { seed, runs, ...path },
  }));
}

async function search(searches: readonly Search[]): Promise<readonly SearchResult[]> {
  let done = 0;
  return runSearches(searches, ({ search: { broker, kind, scenario }, schedules: count }) => {
    process.stderr.write(`${++done}/${searches.length}  ${broker}: ${kind}, ${scenario}: ${count} schedules\n`);
  });
}

function report(exhaustiveResults: readonly SearchResult[], randomResults: readonly SearchResult[]): void {
  if (exhaustiveResults.length > 0) process.stdout.write(`${exhaustivePart(exhaustiveResults)}\n\n`);
  if (randomResults.length > 0) process.stdout.write(`seed ${seed}\n\n${randomTable(randomResults)}\n\n`);
  const isComplete = wanted.length === scenarios.length;
  const found = objections([...exhaustiveResults, ...randomResults]).filter(
    (objection) => isComplete || !objection.includes("there has to be one"),
  );
  if (found.length > 0) fail(found.join("\n\n"));
}

function compare(results: readonly SearchResult[]): void {
  if (readExhaustivePart() === exhaustivePart(results)) return;
  fail(
    "docs/proof.md says something else about the exhaustive part. Run `npm run simulate`, and look at what has changed.",
  );
}

function readWholeNumber(name: string, text: string): number {
  if (!/^\d{1,12}$/.test(text)) fail(`--${name} has to be a whole number.`);
  return Number(text);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
