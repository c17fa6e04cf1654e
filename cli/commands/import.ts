import type { Command } from "commander";
import { type ConnectionId, splitConnectionId } from "../../shared/broker/connection-id.ts";
import { connectionArgument } from "../broker/connection-argument.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { knownProviders } from "../known-providers.ts";
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
      requireOrigin(id, options);
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

/** @throws CommandError where every customer of the provider has a host of their own, and none was given */
function requireOrigin(id: ConnectionId, { origin }: ImportOptions): void {
  const provider = knownProviders.get(splitConnectionId(id).provider);
  if (provider === undefined || provider.origin !== undefined || origin !== undefined) return;
  const message = `Every customer of ${provider.name} has a host of their own.`;
  const advice = `Give this customer's: chaveiro import ${id} --origin https://…`;
  throw new CommandError("invalid_request", exitCodes.usage, message, { advice });
}
