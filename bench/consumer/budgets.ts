import { paired, spread } from "../statistics.ts";
import { ours, powertools } from "./candidate-list.ts";
import { callerCounts, type Result } from "./measure.ts";

/** What was promised of the consumer client, and what was measured of it. */
export type Verdict = {
  readonly what: string;
  readonly budget: string;
  readonly measured: string;
  /** Undefined where it was not measured. */
  readonly isMet: boolean | undefined;
};

const leastTimesFaster = 3;
const mostKibibytes = 12;
const mostBackingCalls = 1;

/** What is promised, for every page that says so. */
export const budgets = {
  read: {
    what: "cached read, against Powertools `getSecret` with `maxAge`",
    budget: `at least ${leastTimesFaster} times as fast`,
  },
  bundle: { what: "added to a Lambda, besides the SDK client", budget: `${mostKibibytes} KiB minified at most` },
  calls: { what: "backing calls for 1,000 cold callers at once", budget: `${mostBackingCalls}` },
} as const;

/** Compares what was measured with what was promised. Of several medians the worst one counts. */
export function verdicts(results: readonly Result[]): readonly Verdict[] {
  const client = results.find(({ candidate }) => candidate === ours);
  if (client === undefined) throw new Error("The consumer client itself was not measured.");
  const peer = results.find(({ candidate }) => candidate === powertools);
  const timesFaster = peer && Math.min(...ratios(peer, client).map(({ median }) => median));
  const kibibytes = client.bundleBytes / 1024;
  const calls = client.backingCalls[callerCounts.indexOf(1000)];
  return [
    {
      ...budgets.read,
      measured: timesFaster === undefined ? "–" : `${timesFaster.toFixed(1)} times`,
      isMet: timesFaster === undefined ? undefined : timesFaster >= leastTimesFaster,
    },
    { ...budgets.bundle, measured: `${kibibytes.toFixed(1)} KiB`, isMet: kibibytes <= mostKibibytes },
    { ...budgets.calls, measured: `${calls}`, isMet: calls === mostBackingCalls },
  ];
}

/** How many times as long a peer takes: reading one connection, and reading a thousand in turn where it can. */
export function ratios(peer: Result, client: Result) {
  const times = (peerTimes: readonly number[], clientTimes: readonly number[]) =>
    spread(paired(peerTimes, clientTimes, (peerTime, clientTime) => peerTime / clientTime));
  const one = times(peer.oneRead, client.oneRead);
  return peer.inTurnRead.length === 0 ? [one] : [one, times(peer.inTurnRead, client.inTurnRead)];
}
