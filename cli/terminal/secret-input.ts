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
  // What is taken off is a byte order mark as well.
  const secret = (await readText(terminal, signal, options)).trim();
  const flaw = flawOf(secret);
  if (flaw === undefined) return secret;
  throw new CommandError("secret_missing", exitCodes.usage, `The ${options.what} ${flaw}.`, {
    advice: `Type it where the command asks, pipe it to its standard input, or name a file with ${options.option}.`,
  });
}

/**
 * Why a provider cannot have handed this out; undefined where it can.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#appendix-A
 */
export function flawOf(text: string): string | undefined {
  if (/^[!-~]+$/.test(text)) return undefined;
  if (text === "") return "is empty";
  return /[\r\n]/.test(text) ? "has more than one line" : "has more in it than visible ASCII characters";
}

async function readText(
  terminal: Terminal,
  signal: AbortSignal,
  { what, option, file }: { readonly what: string; readonly option: string; readonly file: string | undefined },
): Promise<string> {
  if (file !== undefined) {
    return readFile(file, "utf8").catch((cause: unknown) => {
      // Its name is not said again: somebody may have given the secret itself.
      const advice = `${option} takes the path of a file that holds the ${what}.`;
      const message = `The file of the ${what} cannot be read.`;
      throw new CommandError("file_unreadable", exitCodes.usage, message, { advice, cause });
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
