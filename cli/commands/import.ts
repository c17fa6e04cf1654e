import type { Command } from "commander";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import { connectionArgument } from "../broker/connection-argument.ts";
import { optionsOf, print, type Session } from "../session.ts";
import { findTarget } from "../target.ts";
import { readSecret } from "../terminal/secret-input.ts";

type ImportOptions = { readonly origin?: string; readonly refreshTokenFile?: string };

export function addImport(program: Command, session: Session): void {
  program
    .command("import")
    .description("connect an account from a refresh token or a key, typed without echo, piped in or in a file")
    .argument("<connection>", "{provider}/{account}", connectionArgument)
    .option("--origin <url>", "of the customer's own host, for itflex")
    .option("--refresh-token-file <path>", "the file that holds the refresh token")
    .action(async (id: ConnectionId, _, command: Command) => {
      const options = optionsOf<ImportOptions>(command);
      const { broker } = await findTarget(session, options);
      const what = { what: "refresh token", option: "--refresh-token-file", file: options.refreshTokenFile };
      const refreshToken = await readSecret(session.terminal, session.signal, what);
      session.terminal.progress("The broker redeems it…");
      const origin = options.origin === undefined ? {} : { origin: options.origin };
      const { created, connection } = await broker.importConnection(id, { refresh_token: refreshToken, ...origin });
      print(session, options, connection, () => [
        `${id} is connected${created ? "" : " anew"}: ${connection.status}, generation ${connection.generation}.`,
      ]);
    });
}
