import { interleaved } from "../rounds.ts";
import type { BuiltCandidate } from "./build.ts";
import { onlyConnection, sampleConnections } from "./sample-connections.ts";
import type { StartSubject, Subject } from "./subject-process.ts";

/** Starts processes in turn. @returns milliseconds, by round: of the import alone, and until the first token is there */
export async function starts(start: StartSubject, built: readonly BuiltCandidate[], rounds: number) {
  const importing = new Map<BuiltCandidate, number[]>(built.map((each) => [each, []]));
  const firstToken = await interleaved(built, { rounds, dropped: 0 }, (each) =>
    withSubject(start, each.file, async (subject) => {
      importing.get(each)?.push(subject.importMilliseconds);
      const reading = await subject.ask({ kind: "at-once", connection: onlyConnection, callers: 1 });
      return subject.importMilliseconds + reading;
    }),
  );
  return { importing, firstToken };
}

/** Has many callers ask at once in a process that has no token yet. */
export async function coldCallers(start: StartSubject, file: string, callers: number): Promise<void> {
  await withSubject(start, file, (subject) => subject.ask({ kind: "at-once", connection: onlyConnection, callers }));
}

/**
 * Fills a process with connections. The first ones also cost what is needed once, sockets and compiled code: they are there
 * before the first look.
 *
 * @returns bytes per connection
 */
export async function memory(start: StartSubject, file: string, count: number): Promise<number> {
  const connections = sampleConnections(count);
  const first = connections.slice(0, Math.ceil(count / 10));
  return withSubject(start, file, async (subject) => {
    await subject.ask({ kind: "read-all", connections: first });
    const before = await subject.ask({ kind: "heap" });
    await subject.ask({ kind: "read-all", connections: connections.slice(first.length) });
    return ((await subject.ask({ kind: "heap" })) - before) / (count - first.length);
  });
}

async function withSubject<Value>(
  start: StartSubject,
  file: string,
  work: (subject: Subject) => Promise<Value>,
): Promise<Value> {
  const subject = await start(file);
  try {
    return await work(subject);
  } finally {
    await subject.stop();
  }
}
