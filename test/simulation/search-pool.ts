import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Search, SearchResult } from "./searches.ts";

type Answer = { readonly result: SearchResult } | { readonly error: string };

/**
 * Runs searches in as many processes as there are processors.
 *
 * @param onResult called as each ends; returns false to let no further one begin
 * @throws Error where a search could not be run at all
 */
export async function runSearches(
  searches: readonly Search[],
  onResult: (result: SearchResult) => boolean = () => true,
): Promise<readonly SearchResult[]> {
  const queue = [...searches];
  const results: SearchResult[] = [];
  const processes = Array.from({ length: Math.min(availableParallelism(), queue.length) }, startProcess);
  try {
    await Promise.all(
      processes.map(async (child) => {
        for (let search = queue.shift(); search !== undefined; search = queue.shift()) {
          const result = await ask(child, search);
          results.push(result);
          if (!onResult(result)) queue.length = 0;
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
