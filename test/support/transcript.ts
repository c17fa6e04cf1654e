import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalStack } from "./local-stack.ts";
import { codeBlocks, repository } from "./pages.ts";

export type Step = { readonly command: string; readonly output: string };

/** The commands of all `console` blocks of a page, each with what is printed below it. */
export function transcript(markdown: string): readonly Step[] {
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

/** What an output of a page stands for: `…` is anything within a line. */
export function outputPattern(output: string): RegExp {
  const literal = output.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join("[^\\n]*")}$`);
}

/** What a shell does first that has `chaveiro` as a command, and a stack as the broker of this machine. */
export function withCommand(stack: Pick<LocalStack, "brokerUrl" | "awsUrl">): string {
  const script = `#!/bin/sh\nexec '${process.execPath}' --import '${import.meta.resolve("tsx")}' '${repository}/cli/chaveiro.ts' "$@"\n`;
  return [
    `export CHAVEIRO_URL=${stack.brokerUrl} AWS_ENDPOINT_URL=${stack.awsUrl} NO_COLOR=1`,
    `mkdir bin && export PATH="$PWD/bin:$PATH"`,
    `cat > bin/chaveiro <<'END'\n${script}END`,
    "chmod +x bin/chaveiro",
  ].join("\n");
}

/**
 * Runs commands one after the other in one shell, in an empty directory.
 *
 * @param prelude what the shell does first
 * @returns what each has printed
 */
export async function runInShell(commands: readonly string[], prelude = "true"): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), "chaveiro-transcript-"));
  const script = [prelude, ...commands.map((command) => `${command}\necho "@@@"`)].join("\n");
  const shell = spawn("bash", ["-c", script], { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  shell.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await once(shell, "close");
  rmSync(directory, { recursive: true, force: true });
  return printed.split(/@@@\n/);
}
