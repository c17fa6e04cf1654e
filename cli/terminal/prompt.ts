import { createInterface } from "node:readline/promises";
import { interrupted } from "../interruption.ts";

/** What keys send that are no characters: arrows, function keys. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal begins each of them with the escape character
const keySequence = /\x1b(\[[0-9;]*[A-Za-z~]|O[A-Z]|.)/g;

/**
 * Asks a person for a line that is not shown while it is typed.
 *
 * @throws CommandError where the person ends the command instead
 */
export function promptHidden(question: string, signal: AbortSignal): Promise<string> {
  const { stdin, stderr } = process;
  return new Promise((resolve, reject) => {
    let typed = "";
    const end = (finish: () => void) => {
      signal.removeEventListener("abort", abort);
      stdin.off("data", read);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      finish();
    };
    const abort = () => end(() => reject(signal.reason));
    const read = (chunk: string) => {
      for (const key of chunk.replace(keySequence, "")) {
        if (key === "\r" || key === "\n" || key === "\x04") return end(() => resolve(typed));
        if (key === "\x03") return end(() => reject(interrupted("SIGINT")));
        if (key === "\x7f" || key === "\b") typed = [...typed].slice(0, -1).join("");
        else if (key === "\x15") typed = "";
        else if (key >= " ") typed += key;
      }
      return undefined;
    };
    signal.addEventListener("abort", abort);
    // Echo ends before the question is shown, so that not even the fastest answer is seen.
    stdin.setRawMode(true);
    stdin.setEncoding("utf8");
    stdin.on("data", read);
    stdin.resume();
    stderr.write(question);
  });
}

/** Asks a person for a line. @throws the signal's reason where the person ends the command instead */
export async function promptLine(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = new Promise<never>((_, reject) => {
      lines.once("SIGINT", () => reject(interrupted("SIGINT"))).once("close", () => reject(interrupted("SIGINT")));
    });
    return (await Promise.race([lines.question(question, { signal }), ended])).trim();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
  }
}
