import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { jsonLine } from "./terminal/printable.ts";
import type { Terminal } from "./terminal/terminal.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What every subcommand takes, before its own options or after them. */
export type GlobalOptions = {
  readonly url?: string;
  readonly stack?: string;
  readonly region?: string;
  readonly table?: string;
  readonly prefix?: string;
  readonly json?: true;
};

/** What a subcommand does its work with. */
export type Session = {
  readonly terminal: Terminal;
  readonly env: Environment;
  /** Aborted when somebody presses Ctrl-C, with the error to end with. */
  readonly signal: AbortSignal;
  readonly clock: { now(): number; sleep(milliseconds: number): Promise<void> };
};

/** Makes a session whose sleep ends with a Ctrl-C. */
export function createSession(terminal: Terminal, env: Environment, signal: AbortSignal): Session {
  const sleep = async (milliseconds: number) => {
    await delay(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
  };
  return { terminal, env, signal, clock: { now: () => Date.now(), sleep } };
}

/** The options of a subcommand, those of all included. */
export function optionsOf<Own extends object = object>(command: Command): GlobalOptions & Own {
  return command.optsWithGlobals<GlobalOptions & Own>();
}

/** Prints a result: for a program with `--json`, otherwise for a person. */
export function print(session: Session, options: GlobalOptions, value: unknown, lines: () => readonly string[]): void {
  if (options.json) session.terminal.out(jsonLine(value));
  else for (const line of lines()) session.terminal.out(line);
}
