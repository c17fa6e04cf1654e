import type { Command } from "commander";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import type { PurgeResult } from "../../shared/broker/purge.ts";
import { requireOwnData } from "../aws/own-data.ts";
import type { StoredData } from "../aws/stored-data.ts";
import { connectionArgument } from "../broker/connection-argument.ts";
import { idOf } from "../broker/metadata.ts";
import { CommandError } from "../command-error.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { optionsOf, print, type Session } from "../session.ts";
import { findTarget, type Target } from "../target.ts";
import { counted } from "../terminal/counted.ts";
import { promptLine } from "../terminal/prompt.ts";
import { duration } from "../terminal/times.ts";
import { allConnections } from "./list.ts";

type Outcome = Exclude<PurgeResult["kind"], "too-early"> | "revoking";

export function addPurge(program: Command, session: Session): void {
  program
    .command("purge")
    .description("delete what revoked connections leave behind: secret, label and history")
    .argument("[connections...]", "{provider}/{account}", (text, all: readonly ConnectionId[] = []) => [
      ...all,
      connectionArgument(text),
    ])
    .option("--all", "all revoked connections")
    .option("--yes", "do not ask")
    .action(async (named: readonly ConnectionId[], _, command: Command) => {
      const options = optionsOf<{ readonly all?: true; readonly yes?: true }>(command);
      if ((named.length === 0) !== (options.all === true)) throw unclear();
      const target = await findTarget(session, options);
      requireOwnData(target.address, session.env);
      const tableName = target.tableName();
      const ids = options.all ? await revokedOnes(session, target) : named;
      if (options.all && !options.yes) await confirm(session, ids.length);
      const data = await target.storedData();
      const outcomes: { readonly connection: ConnectionId; readonly outcome: Outcome }[] = [];
      let worst: ExitCode = exitCodes.done;
      for (const [index, id] of ids.entries()) {
        session.signal.throwIfAborted();
        session.terminal.progress(`Purging ${index + 1} of ${ids.length}: ${id}`);
        const outcome = await purgeInTime(session, data, tableName, id);
        outcomes.push({ connection: id, outcome });
        worst = Math.max(worst, results[outcome].exitCode) as ExitCode;
        if (!options.json) session.terminal.out(`${id} ${results[outcome].text(id)}`);
      }
      if (options.json || ids.length === 0) print(session, options, { outcomes }, () => ["No connection is revoked."]);
      if (worst === exitCodes.done) return;
      const left = outcomes.filter(({ outcome }) => results[outcome].exitCode !== exitCodes.done).length;
      throw new CommandError("not_purged", worst, `${left} of ${ids.length} could not be purged.`);
    });
}

type Result = { readonly exitCode: ExitCode; readonly text: (id: ConnectionId) => string };

const results: Readonly<Record<Outcome, Result>> = {
  purged: { exitCode: exitCodes.done, text: () => "is purged." },
  empty: { exitCode: exitCodes.done, text: () => "has nothing left to purge." },
  "not-found": { exitCode: exitCodes.notFound, text: () => "is not there." },
  "not-revoked": {
    exitCode: exitCodes.usage,
    text: (id) => `is not revoked. Revoke it first: chaveiro revoke ${id}`,
  },
  revoking: {
    exitCode: exitCodes.later,
    text: (id) => `is being revoked. Purge it when that is over; chaveiro revoke ${id} --force does not wait.`,
  },
  unsettled: {
    exitCode: exitCodes.later,
    text: () => "is still being worked on by the broker. Purge it again in a minute.",
  },
  changed: { exitCode: exitCodes.later, text: () => "has just been connected again, and keeps what it has." },
};

/** Purges, as soon as nobody can publish any longer what was read before the revocation. */
async function purgeInTime(
  { terminal, clock }: Session,
  data: StoredData,
  tableName: string,
  id: ConnectionId,
): Promise<Outcome> {
  for (;;) {
    const result = await data.purge(tableName, id);
    if (result.kind === "not-revoked" && result.status === "revoking") return "revoking";
    if (result.kind !== "too-early") return result.kind;
    terminal.say(
      `${id} was revoked a moment ago. Waiting for what may still be on its way, until ${new Date(result.until).toISOString()}.`,
    );
    for (let left = result.until - clock.now(); left > 0; left = result.until - clock.now()) {
      terminal.progress(`${duration(left)} to go`);
      await clock.sleep(Math.min(left, 1_000));
    }
  }
}

async function revokedOnes(session: Session, { broker }: Target): Promise<readonly ConnectionId[]> {
  const connections = await allConnections(broker, session, { status: "revoked" });
  return connections.map(idOf);
}

async function confirm({ terminal, signal }: Session, count: number): Promise<void> {
  if (!terminal.canAsk) throw unclear();
  if (count === 0) return;
  const answer = await promptLine(
    `Purge what is left of ${counted(count, "revoked connection")}? What is deleted cannot be brought back. [y/N] `,
    signal,
  );
  if (/^y(es)?$/i.test(answer)) return;
  throw new CommandError("not_confirmed", exitCodes.usage, "Nothing was purged.");
}

function unclear(): CommandError {
  return new CommandError("invalid_request", exitCodes.usage, "It is not clear what is to be purged.", {
    advice: "Name the connections, or give --all; where nobody can be asked, --all --yes.",
  });
}
