import { CommanderError } from "commander";
import { CommandError } from "./command-error.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { jsonLine, printable } from "./terminal/printable.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Says what went wrong, for a person or for a program. @returns the exit code */
export function report(error: unknown, terminal: Terminal, asJson: boolean): ExitCode {
  // Help and version have been printed: the parser ends in this way.
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
  if (error instanceof CommanderError && error.code === "commander.help") return exitCodes.usage;
  const { code, exitCode, message, advice } = describe(error);
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

function describe(error: unknown): Pick<CommandError, "code" | "exitCode" | "message" | "advice"> {
  if (error instanceof CommandError) return error;
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, "");
    return {
      code: "invalid_request",
      exitCode: exitCodes.usage,
      message,
      advice: "chaveiro --help lists what there is.",
    };
  }
  if (!(error instanceof Error))
    return { code: "internal_error", exitCode: exitCodes.failed, message: "Something failed.", advice: undefined };
  const { name, message } = error;
  if ("$metadata" in error) return awsFailure(name, message, error.$metadata);
  if (name === "CredentialsProviderError") {
    const advice = "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with aws sso login.";
    return {
      code: "credentials_missing",
      exitCode: exitCodes.notAllowed,
      message: "There are no AWS credentials.",
      advice,
    };
  }
  const isUnreachable =
    /^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)/.test("code" in error ? String(error.code) : "") || name === "TimeoutError";
  if (isUnreachable) {
    const advice = "Look at the Region, and whether this machine reaches AWS; locally, whether npm start runs.";
    return { code: "aws_unreachable", exitCode: exitCodes.unreachable, message: "AWS does not answer.", advice };
  }
  return { code: "internal_error", exitCode: exitCodes.failed, message: `${name}: ${message}`, advice: undefined };
}

/** What an AWS SDK throws. Its messages name resources and actions, and no values. */
function awsFailure(name: string, message: string, metadata: unknown) {
  const status =
    typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata ? metadata.httpStatusCode : 0;
  const isRefused = status === 401 || status === 403 || /AccessDenied|UnrecognizedClient|ExpiredToken/.test(name);
  const isMissing = name === "ResourceNotFoundException";
  const exitCode = isRefused ? exitCodes.notAllowed : isMissing ? exitCodes.notFound : exitCodes.failed;
  const advice = isRefused
    ? "These AWS credentials lack the permission; docs/command.md lists what each command needs."
    : isMissing
      ? "Look at --table, --stack, the Region and the credentials."
      : undefined;
  return { code: name, exitCode, message: `AWS refused: ${message}`, advice };
}
