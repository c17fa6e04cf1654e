import type { Command } from "commander";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import { connectionArgument, secondsArgument } from "../broker/connection-argument.ts";
import { optionsOf, print, type Session } from "../session.ts";
import { findTarget } from "../target.ts";

export function addToken(program: Command, session: Session): void {
  program
    .command("token")
    .description("print the current access token, and nothing else")
    .argument("<connection>", "{provider}/{account}", connectionArgument)
    .option("--minimum-seconds <seconds>", "how long it has to live; refreshed where it does not", secondsArgument)
    .action(async (id: ConnectionId, _, command: Command) => {
      const options = optionsOf<{ readonly minimumSeconds?: number }>(command);
      const { broker } = await findTarget(session, options);
      const token = await broker.accessToken(id, options.minimumSeconds);
      print(session, options, token, () => [token.access_token]);
    });
}
