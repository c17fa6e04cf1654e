import { readFile } from "node:fs/promises";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { promptHidden } from "./prompt.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Reads a secret from where it is not seen: a file, a person who types without echo, or standard input. Never from an
 * argument, which everybody on the machine can read.
 *
 * @param options.what it is, for the prompt and for errors
 * @param options.option names the file on the command line
 * @throws CommandError where there is none
 */
export async function readSecret(
  terminal: Terminal,
  signal: AbortSignal,
  options: { readonly what: string; readonly option: string; readonly file: string | undefined },
): Promise<string> {
  const text = await readText(terminal, signal, options);
  const secret = text.replace(/\r?\n$/, "");
  if (secret !== "" && !/[\r\n]/.test(secret)) return secret;
  const problem = secret === "" ? "is empty" : "has more than one line";
  throw new CommandError("secret_missing", exitCodes.usage, `The ${options.what} ${problem}.`, {
    advice: `Type it where the command asks, pipe it to its standard input, or name a file with ${options.option}.`,
  });
}

async function readText(
  terminal: Terminal,
  signal: AbortSignal,
  { what, file }: { readonly what: string; readonly file: string | undefined },
): Promise<string> {
  if (file !== undefined) {
    return readFile(file, "utf8").catch((cause: unknown) => {
      throw new CommandError("file_unreadable", exitCodes.usage, `The file ${file} cannot be read.`, { cause });
    });
  }
  if (terminal.canAsk) return promptHidden(`${what[0]?.toUpperCase()}${what.slice(1)} (not shown): `, signal);
  return readAll(signal);
}

async function readAll(signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  const stop = () => process.stdin.destroy();
  signal.addEventListener("abort", stop);
  try {
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return Buffer.concat(chunks).toString("utf8");
}
