import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, localProcess } from "./local-process.ts";

/** A broker that can be killed. */
export type LocalBroker = {
  readonly brokerUrl: string;
  /** Everything the process has printed so far, over all its lives. */
  output(): string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same data and the same ports. `change`: settings that are different from now on. */
  start(change?: Readonly<Record<string, string>>): Promise<void>;
};

export type LocalStack = LocalBroker & {
  readonly awsUrl: string;
  readonly sandboxUrl: string;
  readonly dataDirectory: string;
  /** SIGTERM, and waits for the process to end. @returns its exit code */
  stop(): Promise<number | null>;
  /** Stops it and removes its data. */
  dispose(): Promise<void>;
};

/** Runs what `npm start` runs, as a process of its own on free ports and an empty data directory. */
export async function startLocalStack(env: Readonly<Record<string, string>> = {}): Promise<LocalStack> {
  const [port, awsPort, sandboxPort] = await freePorts(3);
  const dataDirectory = mkdtempSync(join(tmpdir(), "chaveiro-"));
  const { output, start, end } = localProcess("start.ts", {
    PORT: String(port),
    AWS_PORT: String(awsPort),
    SANDBOX_PORT: String(sandboxPort),
    DATA_DIR: dataDirectory,
    SWEEP_SECONDS: "1",
    ...env,
  });
  await start();
  return {
    brokerUrl: `http://127.0.0.1:${port}`,
    awsUrl: `http://127.0.0.1:${awsPort}`,
    sandboxUrl: `http://localhost:${sandboxPort}`,
    dataDirectory,
    output,
    start,
    stop: () => end("SIGTERM"),
    kill: async () => {
      await end("SIGKILL");
    },
    dispose: async () => {
      await end("SIGKILL");
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

/** Runs one more broker beside a stack: it can be killed while AWS and the sandbox go on, and remember. */
export async function startBrokerBeside(
  stack: Pick<LocalStack, "awsUrl" | "sandboxUrl">,
  env: Readonly<Record<string, string>> = {},
): Promise<LocalBroker> {
  const [port] = await freePorts(1);
  const { output, start, end } = localProcess("start-broker.ts", {
    PORT: String(port),
    AWS_PORT: new URL(stack.awsUrl).port,
    SANDBOX_PORT: new URL(stack.sandboxUrl).port,
    SWEEP_SECONDS: "1",
    ...env,
  });
  await start();
  return {
    brokerUrl: `http://127.0.0.1:${port}`,
    output,
    start,
    kill: async () => {
      await end("SIGKILL");
    },
  };
}
