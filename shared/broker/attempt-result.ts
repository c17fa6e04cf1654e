import type { TokenSet } from "../oauth/token-set.ts";
import type { CommitResult } from "./commit.ts";
import type { Connection } from "./connection.ts";
import type { Author } from "./connection-change.ts";
import type { ErrorCode } from "./error.ts";
import { describeStatus, identify } from "./log-fields.ts";
import type { Ports } from "./ports.ts";

/** How an attempt has ended. */
export type AttemptResult =
  | { readonly kind: "committed"; readonly connection: Connection; readonly tokens: TokenSet }
  /** Somebody else was faster, or knows better by now: decide anew. */
  | { readonly kind: "overtaken" }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly connection: Connection };

/** Says how a commit ended, and turns it into what the caller does next. */
export function reportCommit(
  ports: Pick<Ports, "log">,
  connection: Connection,
  author: Author,
  result: CommitResult,
  tokens: TokenSet,
): AttemptResult {
  switch (result.kind) {
    case "committed":
      // The schedule's successes are counted. A line for each would cost more than all the rest.
      ports.log[author.actor === "schedule" ? "debug" : "info"]("Refreshed.", {
        ...identify(result.connection, author),
        ...describeStatus(result.connection),
        actor: author.actor,
      });
      return { kind: "committed", connection: result.connection, tokens };
    case "failed":
      ports.log.error(
        "A refreshed token set could not be stored. The attempt stays open, and the next sweep resolves it.",
        { ...identify(connection, author), code: "internal_error", unknown: true, error: result.error },
      );
      return { kind: "failed", code: "internal_error", connection };
    default:
      ports.log.info("A refresh was overtaken.", { ...identify(connection, author), outcome: result.kind });
      return { kind: "overtaken" };
  }
}
