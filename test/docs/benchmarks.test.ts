import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { replacePart } from "../../bench/benchmarks-page.ts";
import { mostKibibytes, mostTimesTheClients } from "../../bench/bundle-budgets.ts";
import { budgets } from "../../bench/consumer/budgets.ts";
import { bareSdk, ours, peers, peerVersions } from "../../bench/consumer/candidate-list.ts";
import { functionReport } from "../../bench/function-report.ts";

const directory = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(`${directory}/docs/benchmarks.md`, "utf8");
const part = partOf("consumer");
const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.trim().split("\n"));

test("the page's tables name every candidate, and the budgets that the bench holds", () => {
  for (const { title } of [ours, bareSdk, ...peers]) expect(part).toContain(`| ${title}`);
  for (const { what, budget } of Object.values(budgets)) {
    expect(rowOf(part, what)).toEqual([what, budget, expect.any(String), expect.stringMatching(/^(met|missed)$/)]);
  }
});

test("the page's tables name every function, with the budget that its bundle keeps to", () => {
  const functions = partOf("functions");
  const names = readdirSync(`${directory}/functions`).map((file) => basename(file, ".ts"));
  const shown = [...functions.matchAll(/^\| `([a-z-]+)` +\| [\d.]+ +\| \d{3} /gm)].map(([, name]) => name);
  expect(shown).toEqual(names.sort());
  for (const name of names) {
    expect(rowOf(functions, `\`${name}\``), name).toEqual([
      `\`${name}\``,
      expect.stringMatching(/^\d+\.\d$/),
      `${mostKibibytes(name)}`,
      "met",
    ]);
  }
});

test("a function above its budget is shown as such", () => {
  const judged = (kibibytes: number, own: number) => {
    const { text, isMet } = functionReport(
      { sizes: [{ name: "health", kibibytes }], own: [own], clients: [100] },
      "Now.",
    );
    return [isMet, rowOf(text, "`health`")?.at(-1), rowOf(text, "`access-token`")?.at(-1)];
  };
  const slowest = 100 * mostTimesTheClients;
  expect(judged(mostKibibytes("health"), slowest)).toEqual([true, "met", "met"]);
  expect(judged(mostKibibytes("health") + 0.1, slowest)).toEqual([false, "missed", "met"]);
  expect(judged(1, slowest + 1)).toEqual([false, "met", "missed"]);
});

test("every package of a candidate is one that the bench installs, in one exact version", () => {
  for (const name of [bareSdk, ...peers].flatMap(({ packages }) => packages)) {
    expect(peerVersions()[name], name).toMatch(/^\d+\.\d+\.\d+$/);
  }
  const { devDependencies } = JSON.parse(readFileSync(`${directory}/package.json`, "utf8"));
  const sdk = "@aws-sdk/client-secrets-manager";
  expect(peerVersions()[sdk]).toBe(devDependencies[sdk]);
});

test("the first command is the project's own, and ends in the program of the second", () => {
  const { scripts } = JSON.parse(readFileSync(`${directory}/package.json`, "utf8"));
  expect(commands[0]).toMatch(/^npm run bench\b/);
  expect(scripts["bench"]).toMatch(/^npm --prefix bench ci && node --import tsx bench\/consumer\/run\.ts$/);
  expect(commands[1]).toMatch(/^node --import tsx bench\/consumer\/run\.ts --without-peers /);
  const others = commands.flatMap((command) => /^npm run ([\w:]+)$/.exec(command)?.[1] ?? []);
  expect(others.map((name) => scripts[name])).toEqual([
    "node --import tsx infra/bundle-functions.ts",
    "node --import tsx bench/function-bundles.ts",
  ]);
});

test("without the peers the bench measures ours, and says in its exit code what it found", {
  timeout: 240_000,
}, async () => {
  const { code, printed } = await run(commands[1] ?? "");
  expect(rowOf(printed, budgets.calls.what)).toEqual([budgets.calls.what, budgets.calls.budget, "1", "met"]);
  expect(rowOf(printed, budgets.read.what)?.at(-1)).toBe("not measured");
  expect(rowOf(printed, bareSdk.title)?.at(-1)).toBe("10 / 100 / 1,000");
  expect(code).toBe(printed.includes("| missed") ? 1 : 0);
  expect(readFileSync(`${directory}/docs/benchmarks.md`, "utf8")).toBe(page);
});

test("a bench writes its own part of the page and no other", () => {
  const written = replacePart(page, "consumer", "new");
  expect(written).toBe(page.replace(part, "\n\nnew\n\n"));
  expect(() => replacePart(page, "another", "new")).toThrow("no part");
});

/** What a bench has written to the page. */
function partOf(name: string): string {
  return page.split(`<!-- ${name}: written by the bench -->`)[1]?.split(`<!-- /${name} -->`)[0] ?? "";
}

/** The cells of a table's row. */
function rowOf(text: string, first: string): readonly string[] | undefined {
  const line = text.split("\n").find((row) => row.startsWith(`| ${first} `));
  return line
    ?.split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

async function run(command: string): Promise<{ readonly code: number | null; readonly printed: string }> {
  return new Promise((resolve) => {
    const child = execFile("bash", ["-c", command], { cwd: directory }, (_error, stdout) => {
      resolve({ code: child.exitCode, printed: stdout });
    });
  });
}
