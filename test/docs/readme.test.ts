import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { onStack, readPage } from "../support/pages.ts";
import { outputPattern, runInShell, transcript } from "../support/transcript.ts";

let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "20" });
}, 90_000);

afterAll(() => stack.dispose());

test("every command of the README's transcript answers as the README says", { timeout: 120_000 }, async () => {
  const steps = transcript(readPage("README.md"));
  expect(steps.length).toBeGreaterThan(8);
  const answers = await runInShell(steps.map(({ command }) => onStack(command, stack)));
  for (const [index, step] of steps.entries()) {
    expect.soft(answers[index]?.trim(), step.command).toMatch(outputPattern(onStack(step.output, stack)));
  }
});
