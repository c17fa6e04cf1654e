import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** How long `npm start` may take until it is ready, in milliseconds. */
const startupTimeout = 60_000;

export type LocalStack = {
  readonly brokerUrl: string;
  readonly awsUrl: string;
  readonly sandboxUrl: string;
  readonly dataDirectory: string;
  /** Everything the process has printed so far, over all its lives. */
  output(): string;
  /** SIGTERM, and waits for the process to end. @returns its exit code */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same data and the same ports. `change`: settings that are different from now on. */
  start(change?: Readonly<Record<string, string>>): Promise<void>;
  /** Stops it and removes its data. */
  dispose(): Promise<void>;
};

/** Runs what `npm start` runs, as a process of its own on free ports and an empty data directory. */
export async function startLocalStack(env: Readonly<Record<string, string>> = {}): Promise<LocalStack> {
  const [port, awsPort, sandboxPort] = await freePorts(3);
  const dataDirectory = mkdtempSync(join(tmpdir(), "chaveiro-"));
  let output = "";
  let child: ChildProcess | undefined;
  let settings = env;

  const start = async (change: Readonly<Record<string, string>> = {}) => {
    settings = { ...settings, ...change };
    const process_ = spawn(process.execPath, ["--import", "tsx", "infra/local/start.ts"], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        PORT: String(port),
        AWS_PORT: String(awsPort),
        SANDBOX_PORT: String(sandboxPort),
        DATA_DIR: dataDirectory,
        SWEEP_SECONDS: "1",
        ...settings,
      },
    });
    child = process_;
    const from = output.length;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Not ready in time:\n${output}`)), startupTimeout);
      const listen = (chunk: Buffer) => {
        output += chunk.toString();
        if (!/\bready\b.*http/.test(output.slice(from))) return;
        clearTimeout(timer);
        resolve();
      };
      process_.stdout.on("data", listen);
      process_.stderr.on("data", listen);
      process_.once("exit", (code) => {
        clearTimeout(timer);
        reject(new Error(`npm start ended with ${code}:\n${output}`));
      });
    });
  };
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, "exit");
    child.kill(signal);
    const [code] = await ended;
    return code as number | null;
  };
  await start();
  return {
    brokerUrl: `http://127.0.0.1:${port}`,
    awsUrl: `http://127.0.0.1:${awsPort}`,
    sandboxUrl: `http://localhost:${sandboxPort}`,
    dataDirectory,
    output: () => output,
    stop: () => end("SIGTERM"),
    kill: async () => {
      await end("SIGKILL");
    },
    start,
    dispose: async () => {
      await end("SIGKILL");
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
