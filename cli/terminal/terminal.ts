import { type Style, styleFor } from "./style.ts";

/** Where the command talks to a person, and where to a program. */
export type Terminal = {
  /** A person sits in front of it and can be asked. */
  readonly canAsk: boolean;
  /** What is printed is looked at by a person, and can be drawn over. */
  readonly canRedraw: boolean;
  /** Lines that the terminal shows at once, as large as it is now. */
  readonly height: number;
  readonly style: Style;
  /** As `style`, for what is said beside the result. */
  readonly sayStyle: Style;
  /** The result: standard output. */
  out(text: string): void;
  /** Everything else: standard error. */
  say(text: string): void;
  /** How far long work is. Replaced by whatever comes next; nothing where nobody watches. */
  progress(text: string): void;
  /** Fulfilled when all of the result has left. */
  flush(): Promise<void>;
};

const clearLine = "\r\x1b[2K";

/** The terminal, pipes or files that this process was started with. */
export function processTerminal(env: Readonly<Record<string, string | undefined>>): Terminal {
  const { stdin, stdout, stderr } = process;
  const showsProgress = stderr.isTTY && env["TERM"] !== "dumb";
  let hasProgress = false;
  const clear = () => {
    if (hasProgress) stderr.write(clearLine);
    hasProgress = false;
  };
  return {
    // Also where nobody sees the question: what is read from a terminal in any other way is shown while it is typed.
    canAsk: stdin.isTTY,
    canRedraw: stdout.isTTY && env["TERM"] !== "dumb",
    get height() {
      return stdout.rows || 24;
    },
    style: styleFor(stdout.isTTY, env),
    sayStyle: styleFor(stderr.isTTY, env),
    out(text) {
      clear();
      stdout.write(`${text}\n`);
    },
    say(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    progress(text) {
      if (!showsProgress) return;
      // A line that wraps could not be replaced.
      stderr.write(`${clearLine}${text.slice(0, (stderr.columns || 80) - 1)}`);
      hasProgress = true;
    },
    async flush() {
      clear();
      await new Promise((written) => stdout.write("", written));
    },
  };
}
