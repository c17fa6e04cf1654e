import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Search, SearchResult } from "./searches.ts";

type Answer = { readonly result: SearchResult } | { readonly error: string };

/**
 * Runs searches in as many processes as there are processors.
 *
 * @param onResult called as each ends
 * @returns the results in the order of the searches
 * @throws Error where a search could not be run at all
 */
export async function runSearches(
  searches: readonly Search[],
  onResult: (result: SearchResult) => void = () => undefined,
): Promise<readonly SearchResult[]> {
  const queue = [...searches.entries()];
  const results: SearchResult[] = [];
  const directory = mkdtempSync(join(tmpdir(), "search-"));
  const program = await bundle(directory);
  const processes = Array.from({ length: Math.min(availableParallelism(), queue.length) }, () =>
    fork(program, { execArgv: [] }),
  );
  try {
    await Promise.all(
      processes.map(async (child) => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const [index, search] = next;
          const result = await ask(child, search);
          results[index] = result;
          onResult(result);
        }
      }),
    );
  } finally {
    for (const child of processes) child.kill();
    rmSync(directory, { recursive: true, force: true });
  }
  return results;
}

/** A search runs a fifth faster in one file: the loader names every function anew each time that it is made. */
async function bundle(directory: string): Promise<string> {
  const program = join(directory, "search-process.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("./search-process.ts", import.meta.url))],
    outfile: program,
    ...{ bundle: true, platform: "node", format: "esm", target: "node20", logLevel: "warning" },
  });
  return program;
}

function ask(child: ChildProcess, search: Search): Promise<SearchResult> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`The process that searched "${search.scenario}" ended.`));
    child.once("exit", onExit);
    child.once("message", (answer: Answer) => {
      child.off("exit", onExit);
      if ("result" in answer) resolve(answer.result);
      else reject(new Error(`${search.scenario}, ${search.kind}: ${answer.error}`));
    });
    child.send(search);
  });
}
