import { type LossCause, providerKinds } from "./provider-kinds.ts";
import { atRandom, type SearchResult } from "./searches.ts";

/** Losses that a search with one fault finds wherever they are possible. */
const within: readonly LossCause[] = [
  "the answer was lost",
  "death right after the answer",
  "death before the commit arrived",
];

/**
 * What speaks against the broker, or against the search: anything that was found, and, for each kind of provider, an
 * unpreventable loss that an exhaustive search has to find and did not.
 */
export function objections(results: readonly SearchResult[]): readonly string[] {
  const bad = results.flatMap(({ search, counterexample }) =>
    counterexample === undefined ? [] : [`${search.kind}, ${search.scenario}\n${counterexample}`],
  );
  const exhaustive = results.filter(({ search }) => search.scenario !== atRandom);
  const missed = providerKinds
    .filter(({ name }) => exhaustive.some(({ search }) => search.kind === name))
    .flatMap((kind) => {
      const found = new Set(exhaustive.filter(({ search }) => search.kind === kind.name).flatMap(causes));
      return within
        .filter((cause) => kind.unpreventable.includes(cause) && !found.has(cause))
        .map((cause) => `${kind.name}: no schedule was found in which ${cause}, and there has to be one.`);
    });
  return [...bad, ...missed];
}

export function causes({ losses }: SearchResult): readonly LossCause[] {
  return Object.keys(losses) as LossCause[];
}
