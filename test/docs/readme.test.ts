import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "20" });
}, 90_000);

afterAll(() => stack.dispose());

test("every command of the README's transcript answers as the README says", { timeout: 120_000 }, async () => {
  const steps = transcript(readme);
  expect(steps.length).toBeGreaterThan(8);
  const answers = await run(steps.map(({ command }) => here(command)));
  for (const [index, step] of steps.entries()) {
    expect.soft(answers[index]?.trim(), step.command).toMatch(pattern(here(step.output)));
  }
});

type Step = { readonly command: string; readonly output: string };

/** The commands of all `console` blocks, each with what is printed below it. */
function transcript(markdown: string): readonly Step[] {
  const blocks = [...markdown.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .filter((part) => part !== "")
      .map((part) => {
        const end = part.indexOf("\n");
        return { command: part.slice(0, end), output: part.slice(end + 1).trim() };
      }),
  );
}

/** The README's ports are the default ones; the stack under test has others. */
function here(text: string): string {
  return text
    .replaceAll("http://127.0.0.1:8788", stack.brokerUrl)
    .replaceAll("http://127.0.0.1:8789", stack.awsUrl)
    .replaceAll("http://localhost:8790", stack.sandboxUrl);
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
