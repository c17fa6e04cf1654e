import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { assumed, canBePublished, meanRefreshSeconds, ofOneRefresh, refreshRate } from "../../bench/cost-model.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs", "costs.md"), "utf8");
const prose = page.replace(/\s+/g, " ");

const run = (...args: readonly string[]) =>
  execFileSync(process.execPath, ["--import", "tsx", "bench/costs.ts", ...args], { cwd: root, encoding: "utf8" });

it("the page has the tables that the script prints", () => {
  const [, tables = ""] = /<!-- costs -->\n([\s\S]*)<!-- \/costs -->/.exec(page) ?? [];
  expect(tables).toBe(run());
});

it("takes another Region's prices, and keeps the others", { timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "chaveiro-costs-"));
  const [, commands = ""] = /```sh\n([\s\S]*?)```/.exec(page) ?? [];
  const here = commands.replaceAll("my-prices.json", join(directory, "my-prices.json"));
  const printed = execFileSync("bash", ["-ec", here], { cwd: root, encoding: "utf8" });
  rmSync(directory, { recursive: true });
  expect(printed).toContain("| secrets of connections | $4,000 |");
  expect(printed).toContain("| secrets of connections | $5,000 |");
  const [first, second] = [...printed.matchAll(/\| DynamoDB \| (\S+) \|/g)].map(([, cost]) => cost);
  expect(first).toMatch(/^\$\d/);
  expect(second).toBe(first);
});

it("counts what the test at the wire counts", () => {
  const wire = readFileSync(join(root, "test", "lifecycle", "wire-counts.test.ts"), "utf8");
  expect(wire).toContain(`"dynamodb.UpdateItem": ${ofOneRefresh.itemWrites},`);
  expect(wire).toContain(`"kms.Decrypt": ${ofOneRefresh.kmsRequests},`);
  const published = ["GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"];
  for (const operation of published) expect(wire).toContain(`"secretsmanager.${operation}": 1,`);
  expect(ofOneRefresh.secretsManagerRequests).toBe(published.length);
});

it("says in words what the model says in numbers", () => {
  const monthly = (lifeSeconds: number) => (730 * 3600) / meanRefreshSeconds(lifeSeconds);
  expect(prose).toContain(`refreshed ${Math.round(monthly(86_400))} times a month`);
  expect(prose).toContain(`15 minutes ${(Math.round(monthly(900) / 100) * 100).toLocaleString("en-US")} times`);
  const most = (lifeSeconds: number) => 25 * meanRefreshSeconds(lifeSeconds);
  expect(prose).toContain(`${Math.floor(most(7_200) / 1000)},000 connections with tokens of two hours`);
  expect(prose).toContain(`${Math.floor(most(86_400) / 100_000) / 10} million with tokens of a day`);
  for (const [lifeSeconds, isPublished] of [
    [7_200, false],
    [86_400, true],
  ] as const)
    expect(canBePublished({ connections: 1_000_000, lifeSeconds, isPublished: true })).toBe(isPublished);
  const needed = (lifeSeconds: number) =>
    Math.ceil(refreshRate({ connections: 1e6, lifeSeconds, isPublished: false }) / assumed.refreshesPerSecond);
  expect([needed(7_200), needed(86_400)]).toEqual([3, 1]);
  expect(prose).toContain(`tokens of 15 minutes would need ${needed(900)}.`);
});
