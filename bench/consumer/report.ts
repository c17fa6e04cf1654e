import { markdownTable } from "../../test/support/markdown-table.ts";
import { paired, type Spread, spread } from "../statistics.ts";
import { verdicts } from "./budgets.ts";
import { bareSdk, ours, peerVersions } from "./candidate-list.ts";
import { callerCounts, type Extent, inTurnCount, type Result } from "./measure.ts";
import { tokenLength } from "./sample-connections.ts";

/** Where and when it was measured. */
export type Circumstances = {
  /** ISO 8601 day. */
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
  /** Processes that wanted a processor when it began, on average over a minute. */
  readonly load: number;
};

const none = "–";
const count = (value: number) => Math.round(value).toLocaleString("en-US");

/** What is printed, and written to `docs/benchmarks.md`. */
export function report(results: readonly Result[], extent: Extent, circumstances: Circumstances): string {
  const { date, processor, cores, node, load } = circumstances;
  return `${date}, ${processor}, ${cores} cores, Node ${node}, load ${load.toFixed(1)} at the beginning. ${versions(results)}

${markdownTable(["what", "budget", "measured", ""], verdicts(results).map(verdictRow))}

A cached read, in nanoseconds, over ${extent.rounds} rounds:

${markdownTable(readHead, results.filter(({ candidate }) => candidate.isCache).map(readRow(results)))}

Everything else, over ${extent.starts} rounds of starts and with ${count(extent.connections)} connections in memory, whose tokens have ${count(tokenLength)} bytes:

${markdownTable(restHead, results.map(restRow(results)))}`;
}

function versions(results: readonly Result[]): string {
  const installed = peerVersions();
  const names = new Set(results.flatMap(({ candidate }) => candidate.packages));
  return `Against ${[...names].map((name) => `\`${name}\` ${installed[name]}`).join(", ")}.`;
}

function verdictRow({ what, budget, measured, isMet }: ReturnType<typeof verdicts>[number]): readonly string[] {
  return [what, budget, measured, isMet === undefined ? "not measured" : isMet ? "met" : "missed"];
}

const readHead = ["", "one connection", "times ours", `${count(inTurnCount)} connections in turn`, "times ours"];

function readRow(results: readonly Result[]) {
  const client = resultOf(results, ours.name);
  return (result: Result): readonly string[] => [
    result.candidate.title,
    median(result.oneRead, 0),
    timesOurs(result.oneRead, client?.oneRead),
    median(result.inTurnRead, 0),
    timesOurs(result.inTurnRead, client?.inTurnRead),
  ];
}

const restHead = [
  "",
  "KiB in a Lambda",
  "import, ms",
  "first token, ms",
  `first token, against ${bareSdk.title}`,
  "bytes per connection",
  `backing calls for ${callerCounts.map(count).join(" / ")} cold callers`,
];

function restRow(results: readonly Result[]) {
  const bare = resultOf(results, bareSdk.name);
  return (result: Result): readonly string[] => [
    result.candidate.title,
    (result.bundleBytes / 1024).toFixed(1),
    median(result.importing, 0),
    median(result.firstToken, 0),
    bare === undefined || bare === result ? none : added(result.firstToken, bare.firstToken),
    result.memory === undefined ? none : count(result.memory),
    result.backingCalls.map(count).join(" / "),
  ];
}

function resultOf(results: readonly Result[], name: string): Result | undefined {
  return results.find(({ candidate }) => candidate.name === name);
}

function median(values: readonly number[], digits: number): string {
  return values.length === 0 ? none : spread(values).median.toFixed(digits);
}

function timesOurs(values: readonly number[], own: readonly number[] | undefined): string {
  if (values.length === 0 || own === undefined || values === own) return none;
  return withSpread(spread(paired(values, own, (value, ownValue) => value / ownValue)), (value) => value.toFixed(1));
}

function added(values: readonly number[], others: readonly number[]): string {
  const differences = spread(paired(values, others, (value, other) => value - other));
  return withSpread(differences, (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(0)}`);
}

function withSpread({ median, low, high }: Spread, format: (value: number) => string): string {
  return `${format(median)} (${format(low)} to ${format(high)})`;
}
