import { type Command, InvalidArgumentError } from "commander";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import type { BrokerClient } from "../broker/broker-client.ts";
import { idOf, type Metadata } from "../broker/metadata.ts";
import { isPassing } from "../command-error.ts";
import { type GlobalOptions, optionsOf, type Session } from "../session.ts";
import { findTarget } from "../target.ts";
import { jsonLine, printable } from "../terminal/printable.ts";
import { table } from "../terminal/table.ts";
import { headings, row } from "./description.ts";
import { allConnections } from "./list.ts";

type Tell = (connections: readonly Metadata[]) => Promise<void> | void;

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
      const isLive = session.terminal.canRedraw && !options.json;
      const tell = isLive ? screen(session, address.url) : changes(session, broker, options);
      const quiet = { terminal: { ...session.terminal, progress: () => {} } };
      let isFirst = true;
      while (!session.signal.aborted) {
        try {
          await tell(await allConnections(broker, quiet, options));
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
function screen({ terminal, clock }: Session, url: string): Tell {
  // Lines that are too long for the terminal are cut, not wrapped, while this is drawn.
  const [home, end] = ["\x1b[?7l\x1b[H\x1b[J", "\x1b[?7h"];
  return (connections) => {
    const now = clock.now();
    const rows = connections.map((connection) => row(connection, now));
    const lines = rows.length === 0 ? ["There are no such connections so far."] : table(headings, rows, terminal.style);
    const room = Math.max(3, terminal.height - 4);
    const more = lines.length > room ? [`… and ${lines.length - room} more`] : [];
    const title = terminal.style("dim", `${url}   ${new Date(now).toISOString()}   Ctrl-C ends`);
    terminal.out([`${home}${title}`, "", ...lines.slice(0, room), ...more].join("\n") + end);
  };
}

/** Prints every connection once, and again whenever something of it has changed: also what takes it out of those wanted. */
function changes({ terminal, clock }: Session, broker: BrokerClient, { json }: GlobalOptions): Tell {
  const seen = new Map<ConnectionId, string>();
  const print = (connection: Metadata) => {
    const text = jsonLine(connection);
    if (seen.get(idOf(connection)) === text) return;
    seen.set(idOf(connection), text);
    terminal.out(json ? text : line(connection, clock.now()));
  };
  return async (connections) => {
    for (const connection of connections) print(connection);
    const wanted = new Set(connections.map(idOf));
    for (const id of [...seen.keys()].filter((id) => !wanted.has(id))) {
      const gone = await broker.find(id);
      if (gone !== undefined) print(gone);
      seen.delete(id);
    }
  };
}

function line({ provider, account, label, status, generation, last_refresh }: Metadata, now: number): string {
  const refresh = last_refresh.outcome === null ? "" : `  refresh ${last_refresh.outcome} ${last_refresh.code ?? ""}`;
  const name = `${provider}/${account}`;
  return `${new Date(now).toISOString()}  ${name}  ${printable(label ?? "–")}  ${status}  generation ${generation}${refresh}`.trimEnd();
}
