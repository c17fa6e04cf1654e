import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodeOf } from "../../cli/exit-codes.ts";
import { createProgram } from "../../cli/program.ts";
import type { Session } from "../../cli/session.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { onStack, readPage } from "../support/pages.ts";
import { outputPattern, runInShell, transcript, withCommand } from "../support/transcript.ts";

const page = readPage("docs/command.md");

let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
}, 90_000);

afterAll(() => stack.dispose());

test("every command of the page prints what the page says", { timeout: 300_000 }, async () => {
  const steps = transcript(page);
  expect(steps.length).toBeGreaterThan(12);
  const answers = await runInShell(
    steps.map(({ command }) => onStack(command, stack)),
    `exec 2>&1\n${withCommand(stack)}`,
  );
  for (const [index, step] of steps.entries()) {
    expect.soft(answers[index]?.trim(), step.command).toMatch(outputPattern(onStack(step.output, stack)));
  }
});

test("every exit code is listed with the codes that end with it", () => {
  for (const [code, exitCode] of Object.entries(exitCodeOf)) {
    const row = page.split("\n").find((line) => line.startsWith(`| ${exitCode} |`));
    expect(row, code).toContain(`\`${code}\``);
  }
});

test("every subcommand is explained", () => {
  const { commands } = createProgram({} as Session);
  for (const { name } of commands.map((command) => ({ name: command.name() })))
    expect(page).toContain(`chaveiro ${name}`);
});
