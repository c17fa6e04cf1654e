import { type Command, InvalidArgumentError } from "commander";
import type { Metadata } from "../broker/metadata.ts";
import { idOf } from "../broker/metadata.ts";
import { isPassing } from "../command-error.ts";
import { type GlobalOptions, optionsOf, type Session } from "../session.ts";
import { findTarget } from "../target.ts";
import { jsonLine, printable } from "../terminal/printable.ts";
import { table } from "../terminal/table.ts";
import { headings, row } from "./description.ts";
import { allConnections } from "./list.ts";

type WatchOptions = { readonly every: number; readonly provider?: string; readonly status?: string };

export function addWatch(program: Command, session: Session): void {
  program
    .command("watch")
    .description("show connections live, until Ctrl-C; into a pipe, a line for each change")
    .option("--every <seconds>", "how often to look", everyArgument, 2)
    .option("--provider <id>", "only those of this provider")
    .option("--status <status>", "only those of this status")
    .action(async (_, command: Command) => {
      const options = optionsOf<WatchOptions>(command);
      const { broker, address } = await findTarget(session, options);
      const isLive = session.terminal.isWatched && !options.json;
      const tell = isLive ? screen(session, address.url) : changes(session, options);
      const quiet = { terminal: { ...session.terminal, progress: () => {} } };
      let isFirst = true;
      while (!session.signal.aborted) {
        try {
          tell(await allConnections(broker, quiet, options));
          isFirst = false;
        } catch (error) {
          // A broker that fails for a moment is what somebody who watches wants to see, and to see the end of.
          if (isFirst || !isPassing(error)) throw error;
          session.terminal.say(`${error.message} [${error.code}]`);
        }
        await session.clock.sleep(options.every * 1_000);
      }
    });
}

function everyArgument(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds >= 0.1 && seconds <= 3_600) return seconds;
  throw new InvalidArgumentError("It has to be a number of seconds, from 0.1 to 3600.");
}

/** Draws the whole table again and again, as much of it as fits. */
function screen({ terminal, clock }: Session, url: string): (connections: readonly Metadata[]) => void {
  // Lines that are too long for the terminal are cut, not wrapped, while this is drawn.
  const [home, end] = ["\x1b[?7l\x1b[H\x1b[J", "\x1b[?7h"];
  return (connections) => {
    const now = clock.now();
    const lines = table(
      headings,
      connections.map((connection) => row(connection, now)),
      terminal.style,
    );
    const room = Math.max(3, terminal.height - 4);
    const more = lines.length > room ? [`… and ${lines.length - room} more`] : [];
    const title = terminal.style("dim", `${url}   ${new Date(now).toISOString()}   Ctrl-C ends`);
    terminal.out([`${home}${title}`, "", ...lines.slice(0, room), ...more].join("\n") + end);
  };
}

/** Prints every connection once, and again whenever something of it has changed. */
function changes({ terminal, clock }: Session, { json }: GlobalOptions): (connections: readonly Metadata[]) => void {
  const seen = new Map<string, string>();
  return (connections) => {
    for (const connection of connections) {
      const text = jsonLine(connection);
      if (seen.get(idOf(connection)) === text) continue;
      seen.set(idOf(connection), text);
      terminal.out(json ? text : line(connection, clock.now()));
    }
  };
}

function line({ provider, account, label, status, generation, last_refresh }: Metadata, now: number): string {
  const refresh = last_refresh.outcome === null ? "" : `  refresh ${last_refresh.outcome} ${last_refresh.code ?? ""}`;
  const name = `${provider}/${account}`;
  return `${new Date(now).toISOString()}  ${name}  ${printable(label ?? "–")}  ${status}  generation ${generation}${refresh}`.trimEnd();
}
