import { afterAll, beforeAll, expect, test } from "vitest";
import { type ErrorCode, httpStatus } from "../../shared/broker/error.ts";
import { pageSigns } from "../../shared/runtime/pages/texts.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { onStack, readPage, section, tableNames } from "../support/pages.ts";
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

test("every page that people see is listed, under the name that the log has for it", () => {
  const listed = tableNames(section(page, "## What people see"));
  expect([...listed].sort()).toEqual(Object.keys(pageSigns).sort());
});
