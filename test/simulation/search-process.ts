import { runSearch, type Search } from "./searches.ts";

/* One process of the pool: searches what it is told to, one after the other. */

// Faults are thrown by the million, and nobody looks at where.
Error.stackTraceLimit = 0;

process.on("message", (search: Search) => {
  runSearch(search).then(
    (result) => process.send?.({ result }),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }),
  );
});
