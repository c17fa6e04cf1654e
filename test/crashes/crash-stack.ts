import { type LocalBroker, type LocalStack, startBrokerBeside, startLocalStack } from "../support/local-stack.ts";

export type CrashStack = {
  /** AWS and the provider: they outlive every broker. */
  readonly stack: LocalStack;
  readonly brokers: readonly LocalBroker[];
  dispose(): Promise<void>;
};

/**
 * Starts brokers as processes of their own, as Lambda runs a function in several places at once, on the AWS endpoint
 * and the sandbox of a stack whose own broker rests: nobody calls it, and it never sweeps again.
 */
export async function startCrashStack(brokers: number): Promise<CrashStack> {
  const stack = await startLocalStack({ SWEEP_SECONDS: "86400", LOG_LEVEL: "ERROR" });
  const started: LocalBroker[] = [];
  const dispose = async () => {
    for (const broker of started) await broker.kill();
    await stack.dispose();
  };
  try {
    while (started.length < brokers) started.push(await startBrokerBeside(stack, { LOG_LEVEL: "ERROR" }));
  } catch (error) {
    await dispose();
    throw error;
  }
  return { stack, brokers: started, dispose };
}
