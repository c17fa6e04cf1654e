import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
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
  const processes = Array.from({ length: Math.min(availableParallelism(), queue.length) }, startProcess);
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
  }
  return results;
}

function startProcess(): ChildProcess {
  return fork(fileURLToPath(new URL("./search-process.ts", import.meta.url)), { execArgv: ["--import", "tsx"] });
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
