import { afterEach, expect, onTestFailed, test } from "vitest";
import { ending, lacks, losses, summary } from "./crash-report.ts";
import { runCrashes } from "./crash-run.ts";
import { type CrashStack, startCrashStack } from "./crash-stack.ts";

let crashStack: CrashStack | undefined;

afterEach(() => crashStack?.dispose());

test("no connection is lost and no refresh token spent twice at once while brokers are killed for a minute", {
  timeout: 420_000,
}, async () => {
  const seed = Date.now() % 2 ** 32;
  console.log(`seed ${seed}`);
  crashStack = await startCrashStack(2);
  const { stack, brokers } = crashStack;
  onTestFailed(() => {
    for (const { output } of [stack, ...brokers]) console.log(output().slice(-2_000));
  });
  const load = { connections: 200, tokenSeconds: 15, seconds: 60 } as const;
  const report = await runCrashes({ stack, brokers, seed, ...load });
  console.log(`${summary(report)}\n${ending(report)}`);
  expect(losses(report)).toEqual([]);
  expect(lacks(report)).toEqual([]);
});
