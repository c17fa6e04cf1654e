import { spawn } from "node:child_process";
import { once } from "node:events";

export type CommandResult = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

/**
 * Runs a command to its end. Of this process's environment it gets nothing but what a program needs to run.
 *
 * @param directory where it runs
 */
export async function runCommand(
  command: readonly [string, ...string[]],
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const [program, ...parameters] = command;
  const child = spawn(program, parameters, {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr };
}
