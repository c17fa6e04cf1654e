import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const command = ["--import", "tsx", "cli/chaveiro.ts"] as const;

/** How long a command may take before it is given up, in milliseconds. */
const longest = 120_000;

export type Environment = Readonly<Record<string, string>>;

export type Ended = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Running = {
  stdout(): string;
  stderr(): string;
  /** Writes to its standard input. */
  type(text: string): void;
  signal(name: NodeJS.Signals): void;
  /** Fulfilled when it has printed this, on either of its outputs. */
  until(printed: string | RegExp): Promise<void>;
  readonly ended: Promise<Ended>;
};

/** Starts the command. Of this process's environment it gets nothing but what a program needs to run. */
export function startCommand(args: readonly string[], env: Environment = {}): Running {
  return running(spawn(process.execPath, [...command, ...args], { cwd: root, env: environment(env) }));
}

/** Runs the command to its end, with this as its whole standard input. */
export async function runCommand(args: readonly string[], env: Environment = {}, input = ""): Promise<Ended> {
  const child = spawn(process.execPath, [...command, ...args], { cwd: root, env: environment(env) });
  const { ended } = running(child);
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return ended;
}

/** True where util-linux' script is on this machine, which gives a command a terminal. */
export const hasTerminals =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") === true;

/** Starts the command in a terminal of its own: what it prints there, on either output, is in `stdout`. */
export function startInTerminal(args: readonly string[], env: Environment = {}): Running {
  const line = [process.execPath, ...command, ...args].map((part) => `'${part.replaceAll("'", `'\\''`)}'`).join(" ");
  const shown = { TERM: "xterm-256color", ...env };
  return running(spawn("script", ["-qefc", line, "/dev/null"], { cwd: root, env: environment(shown) }));
}

function environment(env: Environment): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true", ...env };
}

function running(child: ChildProcess): Running {
  const printed = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), longest);
  const ended = once(child, "close").then(([code]): Ended => {
    clearTimeout(timer);
    for (const listener of listeners) listener();
    return { code: code as number | null, ...printed };
  });
  return {
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
    type: (text) => child.stdin?.write(text),
    signal: (name) => child.kill(name),
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const all = `${printed.stdout}\n${printed.stderr}`;
          if (typeof wanted === "string" ? all.includes(wanted) : wanted.test(all)) return stop(resolve);
          if (child.exitCode !== null || child.signalCode !== null) {
            return stop(() => reject(new Error(`It ended without having printed ${wanted}:\n${all}`)));
          }
          return undefined;
        };
        const stop = (finish: () => void) => {
          listeners.delete(look);
          finish();
        };
        listeners.add(look);
        look();
      }),
    ended,
  };
}
