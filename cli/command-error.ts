import { type ExitCode, exitCodes } from "./exit-codes.ts";

/**
 * What ends the command without having done what it was asked. The message says what happened, the advice what to do;
 * neither holds a token, code, secret or body.
 */
export class CommandError extends Error {
  override readonly name = "CommandError";
  /** One of the codes of the HTTP API, or of this command's own. */
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly advice: string | undefined;

  constructor(
    code: string,
    exitCode: ExitCode,
    message: string,
    options: { readonly advice?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.exitCode = exitCode;
    this.advice = options.advice;
  }
}

const passing: ReadonlySet<ExitCode> = new Set([exitCodes.later, exitCodes.unreachable, exitCodes.failed]);

/** True for what may go well when it is asked again: those who look again and again go on. */
export function isPassing(error: unknown): error is CommandError {
  return error instanceof CommandError && passing.has(error.exitCode);
}
