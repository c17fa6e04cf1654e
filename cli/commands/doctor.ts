import type { Command } from "commander";
import { CommandError } from "../command-error.ts";
import { accountChecks } from "../doctor/account-checks.ts";
import { authorizationChecks } from "../doctor/authorization-checks.ts";
import { brokerChecks } from "../doctor/broker-checks.ts";
import { connectionChecks } from "../doctor/connection-checks.ts";
import type { Check, Finding } from "../doctor/finding.ts";
import { exitCodes } from "../exit-codes.ts";
import { optionsOf, print, type Session } from "../session.ts";
import { findTarget } from "../target.ts";
import { printable } from "../terminal/printable.ts";
import type { StyleName } from "../terminal/style.ts";

export function addDoctor(program: Command, session: Session): void {
  program
    .command("doctor")
    .description("look at everything that a broker needs, and say what to do where it lacks it")
    .action(async (_, command: Command) => {
      const options = optionsOf(command);
      const target = await findTarget(session, options);
      const checks = [
        ...brokerChecks(session, target),
        ...accountChecks(target),
        ...authorizationChecks(session, target),
        ...connectionChecks(session, target),
      ];
      const findings: Finding[] = [];
      const failed = new Set<string>();
      for (const check of checks) {
        session.terminal.progress(`Looking at: ${check.name}`);
        const isPossible = check.needs === undefined || !failed.has(check.needs);
        const found = isPossible ? await look(session, check) : [skipped(check)];
        if (!isPossible || found.some(({ verdict }) => verdict === "problem")) failed.add(check.name);
        findings.push(...found);
        if (!options.json) for (const finding of found) tell(session, finding);
      }
      if (options.json) print(session, options, { findings }, () => []);
      const problems = findings.filter(({ verdict }) => verdict === "problem").length;
      if (problems === 0) return;
      const found = problems === 1 ? "One problem was found." : `${problems} problems were found.`;
      throw new CommandError("problems_found", exitCodes.operator, found);
    });
}

async function look({ signal }: Session, { name, run }: Check): Promise<readonly Finding[]> {
  try {
    return (await run()).map((finding) => ({ check: name, ...finding }));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof CommandError)) throw error;
    const advice = error.advice === undefined ? {} : { advice: error.advice };
    return [{ check: name, verdict: "problem", found: `${error.message} [${error.code}]`, ...advice }];
  }
}

function skipped({ name, needs }: Check): Finding {
  return { check: name, verdict: "skipped", found: `not possible before this is mended: ${needs}` };
}

const styles: Readonly<Record<Finding["verdict"], StyleName>> = {
  ok: "green",
  warning: "yellow",
  problem: "red",
  skipped: "dim",
};

function tell({ terminal }: Session, { check, verdict, found, advice }: Finding): void {
  terminal.out(`${terminal.style(styles[verdict], verdict.padEnd(8))} ${check.padEnd(18)} ${printable(found)}`);
  if (advice !== undefined) terminal.out(`${" ".repeat(28)}${terminal.style("bold", "→")} ${printable(advice)}`);
}
