import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { codeBlocks, onStack, readPage } from "../support/pages.ts";

let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "20" });
}, 90_000);

afterAll(() => stack.dispose());

test("every command of the README's transcript answers as the README says", { timeout: 120_000 }, async () => {
  const steps = transcript(readPage("README.md"));
  expect(steps.length).toBeGreaterThan(8);
  const answers = await run(steps.map(({ command }) => onStack(command, stack)));
  for (const [index, step] of steps.entries()) {
    expect.soft(answers[index]?.trim(), step.command).toMatch(pattern(onStack(step.output, stack)));
  }
});

type Step = { readonly command: string; readonly output: string };

/** The commands of all `console` blocks, each with what is printed below it. */
function transcript(markdown: string): readonly Step[] {
  return codeBlocks(markdown, "console").flatMap((block) =>
    block
      .split(/^\$ /m)
      .filter((part) => part !== "")
      .map((part) => {
        const end = part.indexOf("\n");
        return { command: part.slice(0, end), output: part.slice(end + 1).trim() };
      }),
  );
}

/** `…` stands for anything. */
function pattern(output: string): RegExp {
  const literal = output.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join("[^\\n]*")}$`);
}

/** Runs commands one after the other in one shell. @returns what each has printed */
async function run(commands: readonly string[]): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), "chaveiro-readme-"));
  const script = commands.map((command) => `${command}\necho "@@@"`).join("\n");
  const shell = spawn("bash", ["-c", script], { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  shell.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await once(shell, "close");
  rmSync(directory, { recursive: true, force: true });
  return printed.split(/@@@\n/);
}
