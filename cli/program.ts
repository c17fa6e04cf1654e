import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addClient } from "./commands/client-set.ts";
import { addConnect } from "./commands/connect.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addImport } from "./commands/import.ts";
import { addList } from "./commands/list.ts";
import { addPurge } from "./commands/purge.ts";
import { addRefresh } from "./commands/refresh.ts";
import { addRevoke } from "./commands/revoke.ts";
import { addShow } from "./commands/show.ts";
import { addToken } from "./commands/token.ts";
import { addWatch } from "./commands/watch.ts";
import type { Session } from "./session.ts";

const epilogue = `
Without --url, --stack or CHAVEIRO_URL, the broker is that of npm start, http://127.0.0.1:8788.
Requests to a deployed one are signed with the usual AWS credentials. A connection is named {provider}/{account}.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 the account's owner has to authorize, 5 the operator has to
mend something, 6 not allowed, 7 ask again later, 8 nobody answers, 130 interrupted
(143 by SIGTERM), 141 nobody reads the result.`;

/**
 * The whole command line. Parsing it runs the subcommand, which throws where it does not do what it was asked.
 *
 * @param asJson where there is no subcommand, its error alone is printed, without the help that a person gets
 */
export function createProgram(session: Session, asJson = false): Command {
  const program = new Command("chaveiro")
    .description("Keeps OAuth connections alive: connects accounts, shows how they are, and hands out access tokens.")
    .version(manifest.version)
    .option("--url <url>", "address of the broker; CHAVEIRO_URL unless given")
    .option("--stack <name>", "the deployed stack to take the address from")
    .option("--region <region>", "the broker's Region; AWS_REGION unless given")
    .option("--table <name>", "the broker's table, for purge; the stack's unless given")
    .option(
      "--prefix <prefix>",
      "first part of the secrets' names, for client set; CHAVEIRO_PREFIX or chaveiro unless given",
    )
    .option("--json", "print JSON, for programs")
    .configureHelp({ showGlobalOptions: true })
    // Errors are reported in one place, with those of the broker.
    .configureOutput({ outputError: () => {}, ...(asJson ? { writeErr: () => {} } : {}) })
    .addHelpText("after", epilogue)
    .exitOverride();
  const add = [
    addConnect,
    addImport,
    addList,
    addShow,
    addToken,
    addRefresh,
    addRevoke,
    addPurge,
    addWatch,
    addClient,
    addDoctor,
  ];
  for (const addTo of add) addTo(program, session);
  return program;
}
