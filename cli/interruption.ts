import { CommandError } from "./command-error.ts";
import { exitCodes } from "./exit-codes.ts";

/** Why the command ends early: somebody has asked it to. */
export function interrupted(signal: "SIGINT" | "SIGTERM"): CommandError {
  const exitCode = signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated;
  return new CommandError("interrupted", exitCode, "Interrupted.");
}

/** Aborts at the first Ctrl-C, with the error to end with. The second one ends the process whatever it does. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => controller.abort(interrupted(signal)));
  }
  return controller.signal;
}
