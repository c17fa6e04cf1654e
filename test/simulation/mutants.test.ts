import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Mutant, mutants } from "./mutants.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "mutants-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A copy of the project as far as the simulator needs it, with the mutant's edits. */
function copyWith({ name, edits }: Mutant): string {
  const copy = join(directory, name.replaceAll(/[^a-z]+/gi, "-"));
  for (const part of ["shared", "test/simulation", "test/support", "docs/proof.md", "package.json", "tsconfig.json"]) {
    cpSync(join(project, part), join(copy, part), { recursive: true });
  }
  mkdirSync(join(copy, "docs"), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
  for (const { file, from, to } of edits) {
    const source = readFileSync(join(copy, file), "utf8");
    // Once: otherwise the code has moved on, and the mutant has to follow it.
    expect(source.split(from).length - 1, `${file} has to hold this once: ${from}`).toBe(1);
    writeFileSync(
      join(copy, file),
      source.replace(from, () => to),
    );
  }
  return copy;
}

function simulate(
  cwd: string,
  { scenario, kind, freezes }: Mutant["foundIn"],
): Promise<{ code: unknown; output: string }> {
  const options = ["--exhaustive", "--scenario", scenario, "--kind", kind, ...(freezes ? [] : ["--no-freezes"])];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", "test/simulation/simulate.ts", ...options],
      { cwd, timeout: 150_000 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, output: stdout + stderr }),
    );
  });
}

describe.concurrent("a mutant of the protocol turns the simulator red", { timeout: 170_000 }, () => {
  it.each(mutants)("$name", async (mutant) => {
    const { code, output } = await simulate(copyWith(mutant), mutant.foundIn);
    expect(output).toMatch(
      /^(lost|condemned|revived|live connection|published|events|redemptions|newer|seen|left|bad|secret)[a-z ]*: /m,
    );
    expect(code).toBe(1);
  });
});
