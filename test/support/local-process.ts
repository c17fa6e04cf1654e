import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** How long a process may take until it is ready, in milliseconds. */
const startupTimeout = 60_000;

export type LocalProcess = {
  /** Everything it has printed so far, over all its lives. */
  output(): string;
  /** Starts it, or starts it again. Ends when it has said that it is ready. `change`: settings that are different from now on. */
  start(change?: Readonly<Record<string, string>>): Promise<void>;
  /** Ends it, if it runs. @returns its exit code */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
};

/**
 * A script of `infra/local` as a process of its own, which is not started yet. Of this process's environment it gets
 * nothing but what a program needs to run.
 */
export function localProcess(script: string, env: Readonly<Record<string, string>>): LocalProcess {
  let output = "";
  let child: ChildProcess | undefined;
  let settings = env;

  const start = async (change: Readonly<Record<string, string>> = {}) => {
    settings = { ...settings, ...change };
    const process_ = spawn(process.execPath, ["--import", "tsx", `infra/local/${script}`], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...settings },
    });
    child = process_;
    const from = output.length;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Not ready in time:\n${output}`)), startupTimeout);
      let isReady = false;
      const listen = (chunk: Buffer) => {
        output += chunk.toString();
        if (isReady || !/\bready\b.*http/.test(output.slice(from))) return;
        isReady = true;
        clearTimeout(timer);
        resolve();
      };
      process_.stdout.on("data", listen);
      process_.stderr.on("data", listen);
      process_.once("exit", (code, signal) => {
        clearTimeout(timer);
        output += `${script} ended with ${code ?? signal}\n`;
        reject(new Error(`${script} did not become ready:\n${output}`));
      });
    });
  };
  return {
    output: () => output,
    start,
    end: async (signal) => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
      const ended = once(child, "exit");
      child.kill(signal);
      const [code] = await ended;
      return code as number | null;
    },
  };
}

/** Ports that nobody listened on a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
