import type { Candidate } from "./candidates/candidate.ts";
import { sampleToken } from "./sample-connections.ts";
import type { SubjectAnswer, SubjectTask } from "./subject-task.ts";

/* A process with one candidate in it: `node subject.mjs {file of the candidate}`. It imports nothing else that takes time. */

/** One clock reading per so many reads. */
const batch = 1000;
/** Less than what a busy machine lets a process run that has just been woken. */
const leastMilliseconds = 3;
const readsAtOnce = 32;

const began = performance.now();
const { candidate }: { candidate: Candidate<unknown> } = await import(process.argv[2] ?? "");
answer({ value: performance.now() - began });

process.on("message", (task: SubjectTask) => {
  perform(task).then(
    (value) => answer({ value }),
    (error: unknown) => answer({ error: String(error) }),
  );
});

function answer(message: SubjectAnswer): void {
  process.send?.(message);
}

async function perform(task: SubjectTask): Promise<number> {
  switch (task.kind) {
    case "read-all":
      return readAll(task.connections);
    case "time":
      return time(task.connections.map(candidate.keyOf));
    case "at-once":
      return readAtOnce(task.connection, task.callers);
    case "heap":
      return bytesInUse();
  }
}

/** Reads outside of what is timed, and looks at what comes. */
async function checkedRead(connection: string): Promise<void> {
  const token = candidate.tokenOf(await candidate.read(candidate.keyOf(connection)));
  if (token !== sampleToken(connection)) throw new Error(`That is not the token of ${connection}.`);
}

async function readAll(connections: readonly string[]): Promise<number> {
  const queue = [...connections];
  const worker = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await checkedRead(next);
  };
  await Promise.all(Array.from({ length: readsAtOnce }, worker));
  return connections.length;
}

async function time(keys: readonly string[]): Promise<number> {
  const { read } = candidate;
  const inTurn = Array.from({ length: batch }, (_, index) => keys[index % keys.length] as string);
  const from = performance.now();
  for (let reads = batch; ; reads += batch) {
    for (const key of inTurn) await read(key);
    const milliseconds = performance.now() - from;
    if (milliseconds >= leastMilliseconds) return (milliseconds * 1e6) / reads;
  }
}

async function readAtOnce(connection: string, callers: number): Promise<number> {
  const from = performance.now();
  await Promise.all(Array.from({ length: callers }, () => checkedRead(connection)));
  return performance.now() - from;
}

async function bytesInUse(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("Start it with --expose-gc.");
  for (let times = 0; times < 4; times++) {
    globalThis.gc();
    await new Promise((done) => setTimeout(done, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
