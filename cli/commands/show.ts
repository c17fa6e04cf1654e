import type { Command } from "commander";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import { connectionArgument } from "../broker/connection-argument.ts";
import { optionsOf, print, type Session } from "../session.ts";
import { findTarget } from "../target.ts";
import { pairs } from "../terminal/table.ts";
import { details } from "./description.ts";

export function addShow(program: Command, session: Session): void {
  program
    .command("show")
    .description("show all that is known of a connection, which is never a token")
    .argument("<connection>", "{provider}/{account}", connectionArgument)
    .action(async (id: ConnectionId, _, command: Command) => {
      const options = optionsOf(command);
      const { broker } = await findTarget(session, options);
      const connection = await broker.show(id);
      print(session, options, connection, () =>
        pairs(details(connection, session.clock.now()), session.terminal.style),
      );
    });
}
