import type { Command } from "commander";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import type { Revoked } from "../broker/broker-client.ts";
import { connectionArgument } from "../broker/connection-argument.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { knownProviders } from "../known-providers.ts";
import { optionsOf, print, type Session } from "../session.ts";
import { findTarget } from "../target.ts";

const outcomes: Readonly<Record<NonNullable<Revoked["upstream"]>, string>> = {
  revoked: "the provider has ended the grant.",
  already_invalid: "the provider had ended the grant already.",
  unsupported: "the provider has no way to end the grant from here.",
  abandoned: "the provider was not waited for.",
};

/** What is left to a person, where the provider did not end the grant. */
function byHand({ provider, upstream }: Revoked): readonly string[] {
  if (upstream !== "unsupported" && upstream !== "abandoned") return [];
  return [knownProviders.get(provider)?.endedByHand ?? "End the grant there by hand."];
}

export function addRevoke(program: Command, session: Session): void {
  program
    .command("revoke")
    .description("revoke a connection, here at once and at the provider")
    .argument("<connection>", "{provider}/{account}", connectionArgument)
    .option("--force", "do not wait for a provider that does not answer")
    .action(async (id: ConnectionId, _, command: Command) => {
      const options = optionsOf<{ readonly force?: true }>(command);
      const { broker } = await findTarget(session, options);
      const connection = await broker.revoke(id, options.force === true);
      const { upstream } = connection;
      const isOver = connection.status === "revoked";
      print(session, options, connection, () =>
        isOver && upstream !== null ? [`${id} is revoked: ${outcomes[upstream]}`, ...byHand(connection)] : [],
      );
      if (isOver) return;
      const what = `${id} is being revoked: nobody is given its token any longer, and the broker goes on asking the provider.`;
      throw new CommandError("revoking", exitCodes.later, what, {
        advice: `chaveiro revoke ${id} --force does not wait.`,
      });
    });
}
