import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { invariants } from "../simulation/findings.ts";

const directory = fileURLToPath(new URL("../..", import.meta.url));
const page = (name: string) => readFileSync(`${directory}/docs/${name}.md`, "utf8");

/** The commands of a page that are over soon. The long ones are the project's own gate, or what writes the page. */
function shortCommands(text: string): readonly string[] {
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  return blocks.flatMap((block) => block.split("\n")).filter((line) => line.includes("--schedules"));
}

it.each(["simulation", "proof"])(
  "the commands of docs/%s.md search, and find nothing",
  { timeout: 120_000 },
  async (name) => {
    const commands = shortCommands(page(name));
    expect(commands).not.toEqual([]);
    for (const command of commands) {
      const { stdout } = await promisify(execFile)("bash", ["-c", command], { cwd: directory });
      expect(stdout).toContain("three workers at random");
    }
  },
);

it("every invariant names the check that would show its violation, in both pages", () => {
  for (const [invariant, columns] of Object.entries(invariants)) {
    const row = page("architecture")
      .split("\n")
      .find((line) => line.startsWith(`| ${invariant} |`));
    expect(row).toContain(columns.join(", "));
    expect(page("proof")).toMatch(new RegExp(`\\| ${invariant} +\\| ${columns.join(", ")}`));
  }
});
