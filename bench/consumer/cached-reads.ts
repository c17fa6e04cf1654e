import { interleaved } from "../rounds.ts";
import type { BuiltCandidate } from "./build.ts";
import type { StartSubject, Subject } from "./subject-process.ts";

/** Compilers have seen enough by then. */
const dropped = 10;

/**
 * Reads connections that are in memory, each candidate in a process of its own, one process at a time.
 *
 * @returns nanoseconds per read, by round
 */
export async function cachedReads(
  start: StartSubject,
  built: readonly BuiltCandidate[],
  connections: readonly string[],
  rounds: number,
): Promise<ReadonlyMap<BuiltCandidate, readonly number[]>> {
  const subjects = new Map<BuiltCandidate, Subject>();
  try {
    for (const each of built) {
      const subject = await start(each.file);
      subjects.set(each, subject);
      await subject.ask({ kind: "read-all", connections });
    }
    return await interleaved(built, { rounds, dropped }, async (each) => {
      return (subjects.get(each) as Subject).ask({ kind: "time", connections });
    });
  } finally {
    for (const subject of subjects.values()) await subject.stop();
  }
}
