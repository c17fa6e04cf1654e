import type { Command } from "commander";
import { requireOwnData } from "../aws/own-data.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { knownProviders } from "../known-providers.ts";
import { optionsOf, print, type Session } from "../session.ts";
import { findTarget } from "../target.ts";
import { promptLine } from "../terminal/prompt.ts";
import { flawOf, readSecret } from "../terminal/secret-input.ts";

type ClientOptions = { readonly clientId?: string; readonly clientSecretFile?: string };

export function addClient(program: Command, session: Session): void {
  const client = program.command("client").description("our registration at a provider: client set");
  client
    .command("set")
    .description("store client_id and client_secret, the secret typed without echo, piped in or in a file")
    .argument("<provider>", "such as rd-station")
    .option("--client-id <id>", "as registered at the provider; asked for on a terminal")
    .option("--client-secret-file <path>", "the file that holds the client secret")
    .action(async (provider: string, _, command: Command) => {
      requireClient(provider);
      const options = optionsOf<ClientOptions>(command);
      const target = await findTarget(session, options);
      requireOwnData(target.address, session.env);
      const clientId = await readClientId(session, options.clientId);
      const what = { what: "client secret", option: "--client-secret-file", file: options.clientSecretFile };
      const clientSecret = await readSecret(session.terminal, session.signal, what);
      const secret = `${target.prefix}/clients/${provider}`;
      const data = await target.storedData();
      const outcome = await data.storeClientCredentials(secret, { clientId, clientSecret });
      print(session, options, { secret, outcome }, () => [
        `The client credentials of ${provider} are in ${secret} (${outcome}).`,
        "A broker that runs takes them within five minutes, or as soon as the provider refuses the ones before.",
      ]);
    });
}

/** @throws CommandError where the provider is not known, or knows no clients */
function requireClient(id: string): void {
  const provider = knownProviders.get(id);
  if (provider === undefined) {
    throw new CommandError("provider_unknown", exitCodes.notFound, `There is no provider ${id}.`, {
      advice: `Known ones: ${[...knownProviders.keys()].join(", ")}.`,
    });
  }
  if (provider.isClientless !== true) return;
  throw new CommandError("invalid_request", exitCodes.usage, `${provider.name} knows no client credentials.`, {
    advice: `Connect an account with its own key: chaveiro import ${id}/{account} --origin https://…`,
  });
}

async function readClientId({ terminal, signal }: Session, given: string | undefined): Promise<string> {
  const id = (given ?? (terminal.canAsk ? await promptLine("Client id: ", signal) : "")).trim();
  const flaw = flawOf(id);
  if (flaw === undefined) return id;
  throw new CommandError("invalid_request", exitCodes.usage, `The client id ${flaw}.`, {
    advice: "Give it with --client-id.",
  });
}
