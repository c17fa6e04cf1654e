import { CommanderError } from "commander";
import { credentialsAdvice } from "./aws/refused-credentials.ts";
import { CommandError } from "./command-error.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { jsonLine, printable } from "./terminal/printable.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Says what went wrong, for a person or for a program. @returns the exit code */
export function report(error: unknown, terminal: Terminal, asJson: boolean): ExitCode {
  // Help and version have been printed: the parser ends in this way.
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
  const isHelp = error instanceof CommanderError && error.code === "commander.help";
  if (isHelp && !asJson) return exitCodes.usage;
  const { code, exitCode, message, advice } = asCommandError(error);
  if (asJson) {
    terminal.say(jsonLine({ error: { code, message, advice: advice ?? null } }));
    return exitCode;
  }
  terminal.say(
    `${terminal.sayStyle("red", "chaveiro:")} ${printable(message)} ${terminal.sayStyle("dim", `[${code}]`)}`,
  );
  if (advice !== undefined) terminal.say(`${terminal.sayStyle("bold", "→")} ${printable(advice)}`);
  return exitCode;
}

/** The result has nowhere to go: a disk that is full, a file that is too long. */
export function unwritable(cause: NodeJS.ErrnoException): CommandError {
  const advice = "Look at where standard output goes. What was asked may have been done.";
  return new CommandError("output_failed", exitCodes.failed, `The result cannot be written (${cause.code}).`, {
    advice,
    cause,
  });
}

const withoutCredentials =
  "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with aws sso login.";
const withoutAnswer = "Look at the Region, and whether this machine reaches AWS; locally, whether npm start runs.";

function asCommandError(cause: unknown): CommandError {
  if (cause instanceof CommandError) return cause;
  const error = (code: string, exitCode: ExitCode, message: string, advice?: string) =>
    new CommandError(code, exitCode, message, { advice, cause });
  if (!(cause instanceof Error)) return error("internal_error", exitCodes.failed, "Something failed.");
  const { name, message } = cause;
  if (cause instanceof CommanderError) {
    const said = cause.code === "commander.help" ? "The command is missing." : message.replace(/^error: /, "");
    return error("invalid_request", exitCodes.usage, said, "chaveiro --help lists what there is.");
  }
  const status = "$metadata" in cause ? statusOf(cause.$metadata) : undefined;
  if (status !== undefined) return error(name, ...refusal(name, status, message));
  if (name === "CredentialsProviderError") {
    return error("credentials_missing", exitCodes.notAllowed, "There are no AWS credentials.", withoutCredentials);
  }
  const networkCode = "code" in cause ? String(cause.code) : "";
  if (/^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/.test(networkCode) || name === "TimeoutError") {
    const said = `AWS does not answer (${message || networkCode}).`;
    return error("aws_unreachable", exitCodes.unreachable, said, withoutAnswer);
  }
  return error("internal_error", exitCodes.failed, `${name}: ${message}`);
}

/** What an AWS SDK throws where AWS has answered. Its messages name resources and actions, and no values. */
function refusal(name: string, status: number, message: string): readonly [ExitCode, string, string?] {
  const said = `AWS refused: ${message}`;
  if (status === 401 || status === 403 || /AccessDenied|UnrecognizedClient|ExpiredToken/.test(name)) {
    const lacking = "These credentials lack the permission; docs/command.md lists what each command needs.";
    return [exitCodes.notAllowed, said, credentialsAdvice(name, lacking)];
  }
  if (name !== "ResourceNotFoundException") return [exitCodes.failed, said];
  return [exitCodes.notFound, said, "Look at --table, --stack, the Region and the credentials."];
}

/** @returns undefined where AWS was not reached */
function statusOf(metadata: unknown): number | undefined {
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
