import type { Command } from "commander";
import type { BrokerClient } from "../broker/broker-client.ts";
import type { Metadata } from "../broker/metadata.ts";
import { optionsOf, print, type Session } from "../session.ts";
import { findTarget } from "../target.ts";
import { counted } from "../terminal/counted.ts";
import { table } from "../terminal/table.ts";
import { headings, row } from "./description.ts";

type Wanted = { readonly provider?: string; readonly status?: string };

export function addList(program: Command, session: Session): void {
  program
    .command("list")
    .description("list connections, revoked ones included")
    .option("--provider <id>", "only those of this provider")
    .option("--status <status>", "only those that are active, degraded, reauthorization_required, revoking or revoked")
    .action(async (_, command: Command) => {
      const options = optionsOf<Wanted>(command);
      const { broker } = await findTarget(session, options);
      const connections = await allConnections(broker, session, options);
      print(session, options, { connections }, () => {
        if (connections.length === 0) return [nothing(options)];
        const now = session.clock.now();
        return table(
          headings,
          connections.map((connection) => row(connection, now)),
          session.terminal.style,
        );
      });
    });
}

function nothing({ provider, status }: Wanted): string {
  if (provider !== undefined || status !== undefined) return "There are no such connections.";
  return "There are no connections so far. Connect an account: chaveiro connect {provider}/{account}";
}

/** Reads the whole list, however many pages that takes. */
export async function allConnections(
  broker: BrokerClient,
  { terminal }: Pick<Session, "terminal">,
  { provider, status }: Wanted = {},
): Promise<readonly Metadata[]> {
  const connections: Metadata[] = [];
  const wanted = { ...(provider === undefined ? {} : { provider }), ...(status === undefined ? {} : { status }) };
  for await (const page of broker.list(wanted)) {
    connections.push(...page);
    terminal.progress(`Reading the list: ${counted(connections.length, "connection")}`);
  }
  return connections;
}
