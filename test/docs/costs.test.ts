import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import {
  assumed,
  canBePublished,
  costOfMillionReads,
  meanRefreshSeconds,
  monthlyCost,
  ofOneRefresh,
  refreshRate,
  schedulesNeeded,
  secretsManagerQuotas,
} from "../../bench/cost-model.ts";
import prices from "../../bench/prices.json" with { type: "json" };

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
  expect(prose).toContain("half a million secrets");
  expect(secretsManagerQuotas.secrets).toBe(500_000);
  expect(most(7_200)).toBeLessThan(secretsManagerQuotas.secrets);
  expect(most(86_400)).toBeGreaterThan(secretsManagerQuotas.secrets);
  expect(prose).toContain(`adds $${prices.kmsKeyMonth} a month after the first year`);
  const needed = (lifeSeconds: number) =>
    Math.ceil(refreshRate({ connections: 1e6, lifeSeconds, isPublished: false }) / assumed.refreshesPerSecond);
  expect([needed(7_200), needed(86_400)]).toEqual([3, 1]);
  expect(prose).toContain(`tokens of 15 minutes would need ${needed(900)}.`);
});

it("publishes as far as Secrets Manager takes the writes and has room for the secrets", () => {
  const atLife = (lifeSeconds: number, connections: number) =>
    canBePublished({ connections, lifeSeconds, isPublished: true });
  const byRate = Math.floor(25 * meanRefreshSeconds(7_200));
  expect([atLife(7_200, byRate), atLife(7_200, byRate + 1)]).toEqual([true, false]);
  // Beside the secrets with the client credentials.
  const byNumber = 500_000 - assumed.clientSecrets;
  expect([atLife(86_400, byNumber), atLife(86_400, byNumber + 1)]).toEqual([true, false]);
});

it("counts the sweeps of every schedule", () => {
  const idle = { ...prices, lambdaGigabyteSecond: 0, schedulerInvocation: 0 };
  const invocations = (connections: number) => {
    const fleet = { connections, lifeSeconds: 7_200, isPublished: false };
    return [monthlyCost(fleet, idle)["Lambda"], schedulesNeeded(fleet) * 730 * 60 * prices.lambdaRequest] as const;
  };
  for (const [counted, expected] of [invocations(100), invocations(1_000_000)])
    expect(counted).toBeCloseTo(expected, 9);
});

it("counts what Lambda itself logs of a read, beside the line of the access log", () => {
  const request = "8f507cfc-xmpl-4697-b07a-ac58fc914c95";
  // As Lambda's text format has them, to the letter; our functions set no other.
  const lines = [
    `START RequestId: ${request} Version: $LATEST\n`,
    `END RequestId: ${request}\n`,
    `REPORT RequestId: ${request}\tDuration: 50.39 ms\tBilled Duration: 51 ms\tMemory Size: 512 MB\tMax Memory Used: 110 MB\t\n`,
  ];
  const free = Object.fromEntries(Object.keys(prices).map((name) => [name, 0])) as typeof prices;
  const gigabytes = costOfMillionReads({ ...free, logsGigabyte: 1 }).broker;
  expect(gigabytes * 1000).toBeGreaterThan(lines.join("").length + 300);
  expect(gigabytes * 1000).toBeLessThan(lines.join("").length + 500);
});
