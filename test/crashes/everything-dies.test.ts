import { afterEach, expect, test } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { ending, losses, summary } from "./crash-report.ts";
import { runCrashes } from "./crash-run.ts";

let stack: LocalStack | undefined;

afterEach(() => stack?.dispose());

test("npm start loses no connection when it is killed again and again, with its AWS endpoint and its sandbox", {
  timeout: 300_000,
}, async () => {
  const seed = Date.now() % 2 ** 32;
  console.log(`seed ${seed}`);
  stack = await startLocalStack({ LOG_LEVEL: "ERROR" });
  const load = { connections: 40, tokenSeconds: 10, seconds: 20 } as const;
  const report = await runCrashes({ stack, brokers: [stack], seed, ...load });
  console.log(`${summary(report)}\n${ending(report)}`);
  expect(losses(report)).toEqual([]);
  expect(report.kills).toBeGreaterThan(2);
  expect(report.witness.redemptions).toBeGreaterThan(2 * report.accounts);
});
