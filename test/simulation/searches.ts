import { leaseWithoutFence } from "./baselines/lease-without-fence.ts";
import { refreshAndStore } from "./baselines/refresh-and-store.ts";
import { type Broker, chaveiro } from "./broker.ts";
import { explore } from "./explore.ts";
import type { FindingKind } from "./findings.ts";
import { type LossCause, type ProviderKind, providerKinds } from "./provider-kinds.ts";
import { searchAtRandom } from "./random.ts";
import { scenarios } from "./scenario-list.ts";
import { prepare } from "./scenarios.ts";

export const brokers: readonly Broker[] = [chaveiro, refreshAndStore, leaseWithoutFence];

/** What one process is asked to search. Everything in it is plain data. */
export type Search = {
  readonly broker: string;
  readonly kind: string;
  /** `at random` for schedules drawn at random. */
  readonly scenario: string;
  readonly freezes: boolean;
  /** True where the first finding is enough. */
  readonly stopsAtFinding: boolean;
  readonly random?: { readonly seed: number; readonly runs: number; readonly path?: string };
};

export type SearchResult = {
  readonly search: Search;
  readonly schedules: number;
  readonly states: number;
  readonly lost: number;
  /** How many schedules ended so, by what was found. */
  readonly found: Readonly<Partial<Record<FindingKind, number>>>;
  readonly losses: Readonly<Partial<Record<LossCause, number>>>;
  /** One bad schedule, step by step. */
  readonly counterexample: string | undefined;
};

export const atRandom = "at random";

/** Runs one search. */
export async function runSearch(search: Search): Promise<SearchResult> {
  const broker = named(brokers, search.broker);
  const kind = named(providerKinds, search.kind);
  if (search.random !== undefined) return runRandomSearch(search, broker, kind, search.random);
  const prepared = await prepare(named(scenarios, search.scenario), kind);
  const limits = {
    faults: 1,
    freezes: search.freezes,
    wakes: "on change",
    publishes: prepared.scenario.publishes,
  } as const;
  const isEnough = ({ findings }: { readonly findings: readonly unknown[] }) =>
    search.stopsAtFinding && findings.length > 0;
  const result = await explore(prepared, broker, limits, isEnough);
  const [first] = result.findings;
  return {
    search,
    schedules: result.schedules,
    states: result.states,
    lost: result.lost,
    found: result.found,
    losses: Object.fromEntries(result.losses),
    counterexample: first && [`${first.kind}: ${first.text}`, ...first.trace.map((line) => `  ${line}`)].join("\n"),
  };
}

async function runRandomSearch(
  search: Search,
  broker: Broker,
  kind: ProviderKind,
  random: NonNullable<Search["random"]>,
): Promise<SearchResult> {
  const result = await searchAtRandom(broker, kind, { ...random, isExpected: !search.stopsAtFinding });
  return { search, states: 0, ...result };
}

function named<Value extends { readonly name: string }>(values: readonly Value[], name: string): Value {
  const found = values.find((value) => value.name === name);
  if (found === undefined)
    throw new Error(`There is no ${name}. There are: ${values.map((value) => value.name).join(", ")}.`);
  return found;
}
