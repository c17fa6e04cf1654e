import { type BuiltCandidate, buildCandidate, buildSubject } from "./build.ts";
import { cachedReads } from "./cached-reads.ts";
import type { CandidateName } from "./candidate-list.ts";
import { coldCallers, memory, starts } from "./fresh-processes.ts";
import { publishConnections } from "./published-connections.ts";
import { onlyConnection, sampleConnections } from "./sample-connections.ts";
import { subjectStarter } from "./subject-process.ts";

/** How much is measured. */
export type Extent = {
  /** Rounds of cached reads, after the first ones, which are dropped. */
  readonly rounds: number;
  /** Rounds of starting a process with each candidate. */
  readonly starts: number;
  /** Connections in memory when their size is measured. */
  readonly connections: number;
};

/** What was measured of a candidate. Lists are by round: what has the same place was measured together. */
export type Result = {
  readonly candidate: CandidateName;
  readonly bundleBytes: number;
  /** Nanoseconds per read of one connection, and per read of a thousand in turn. Empty where it cannot. */
  readonly oneRead: readonly number[];
  readonly inTurnRead: readonly number[];
  /** Bytes per connection. */
  readonly memory: number | undefined;
  /** Reads of the secret, for each of `callerCounts`. */
  readonly backingCalls: readonly number[];
  /** Milliseconds to import it, and to import it and have the first token. */
  readonly importing: readonly number[];
  readonly firstToken: readonly number[];
};

/** How many ask at once, in a process that has no token yet. */
export const callerCounts = [10, 100, 1000] as const;
/** How many connections are read in turn. */
export const inTurnCount = 1000;

/**
 * Measures candidates beside each other, each in processes of its own, against one local AWS endpoint.
 *
 * @param tell called with what is done next
 * @throws Error where a candidate fails, or reads another token than was published
 */
export async function measureConsumers(
  candidates: readonly CandidateName[],
  extent: Extent,
  tell: (what: string) => void,
): Promise<readonly Result[]> {
  tell("bundling");
  const program = await buildSubject();
  const built: BuiltCandidate[] = [];
  for (const candidate of candidates) built.push(await buildCandidate(candidate));
  tell("publishing connections");
  const connections = sampleConnections(Math.max(extent.connections, inTurnCount));
  const published = await publishConnections(connections, Date.now());
  const start = subjectStarter(program, published.url);
  try {
    tell("cached reads");
    const caches = built.filter(({ candidate }) => candidate.isCache);
    const oneRead = await cachedReads(start, caches, [onlyConnection], extent.rounds);
    const readers = caches.filter(({ candidate }) => candidate.readsAny);
    const inTurnRead = await cachedReads(start, readers, sampleConnections(inTurnCount), extent.rounds);
    tell("starts");
    const { importing, firstToken } = await starts(start, built, extent.starts);
    const results: Result[] = [];
    for (const each of built) {
      tell(`memory and cold callers: ${each.candidate.name}`);
      const backingCalls: number[] = [];
      for (const callers of callerCounts) {
        backingCalls.push(await published.countReads(() => coldCallers(start, each.file, callers)));
      }
      results.push({
        candidate: each.candidate,
        bundleBytes: each.bundleBytes,
        oneRead: oneRead.get(each) ?? [],
        inTurnRead: inTurnRead.get(each) ?? [],
        memory: readers.includes(each) ? await memory(start, each.file, extent.connections) : undefined,
        backingCalls,
        importing: importing.get(each) ?? [],
        firstToken: firstToken.get(each) ?? [],
      });
    }
    return results;
  } finally {
    await published.close();
  }
}
