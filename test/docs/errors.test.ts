import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodeOf } from "../../cli/exit-codes.ts";
import { type ErrorCode, httpStatus } from "../../shared/broker/error.ts";
import { pageSigns } from "../../shared/runtime/pages/texts.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { onStack, readPage, repository, section, tableNames } from "../support/pages.ts";
import { outputPattern, runInShell, transcript } from "../support/transcript.ts";

const page = readPage("docs/errors.md");

let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack();
}, 90_000);

afterAll(() => stack?.dispose());

test("every command of the page prints what the page says", async () => {
  const steps = transcript(page);
  expect(steps).toHaveLength(1);
  const answers = await runInShell(steps.map(({ command }) => onStack(command, stack)));
  for (const [index, { command, output }] of steps.entries()) {
    expect(answers[index]?.trim(), command).toMatch(outputPattern(output));
  }
});

test("every error code is explained once, with its status", () => {
  const codes = {
    invalid_request: true,
    forbidden: true,
    connection_not_found: true,
    provider_unknown: true,
    reauthorization_required: true,
    connection_revoked: true,
    request_too_large: true,
    grant_rejected: true,
    token_just_issued: true,
    internal_error: true,
    client_credentials_rejected: true,
    provider_unavailable: true,
    refresh_in_progress: true,
  } satisfies Record<ErrorCode, true>;
  const explained = section(page, "## Codes");
  expect(tableNames(explained)).toEqual(Object.keys(codes));
  for (const code of Object.keys(codes) as ErrorCode[])
    expect(explained).toContain(`\n| \`${code}\` | ${httpStatus(code)} | `);
});

test("every code of the command's own is explained once, and has its exit code", () => {
  const sources = readdirSync(join(repository, "cli"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(join(repository, "cli", path), "utf8"));
  const thrown = sources.flatMap((source) =>
    [...source.matchAll(/\b(?:new CommandError|error)\(\s*"([a-z_]+)"/g)].map(([, code = ""]) => code),
  );
  const own = new Set(thrown.filter((code) => !(code in exitCodeOf)));
  const explained = tableNames(section(page, "## Codes of the command"));
  expect([...explained].sort()).toEqual([...own].sort());
  for (const code of own) expect(section(readPage("docs/command.md"), "## For programs")).toContain(`\`${code}\``);
});

test("every page that people see is listed, under the name that the log has for it", () => {
  const listed = tableNames(section(page, "## What people see"));
  expect([...listed].sort()).toEqual(Object.keys(pageSigns).sort());
});
