import type { Command } from "commander";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import { connectionArgument } from "../broker/connection-argument.ts";
import { optionsOf, print, type Session } from "../session.ts";
import { findTarget } from "../target.ts";
import { fromNow } from "../terminal/times.ts";

export function addRefresh(program: Command, session: Session): void {
  program
    .command("refresh")
    .description("refresh now, whatever backoff or breaker speaks against it")
    .argument("<connection>", "{provider}/{account}", connectionArgument)
    .action(async (id: ConnectionId, _, command: Command) => {
      const options = optionsOf(command);
      const { broker } = await findTarget(session, options);
      const connection = await broker.refresh(id);
      print(session, options, connection, () => [
        `${id} was refreshed: generation ${connection.generation}, expires ${fromNow(connection.expires_at, session.clock.now())}.`,
      ]);
    });
}
