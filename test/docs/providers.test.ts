import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";

let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack();
}, 90_000);

afterAll(() => stack?.dispose());

test("the commands of docs/providers/itflex.md connect an account with a key", { timeout: 60_000 }, async () => {
  const page = readFileSync(new URL("../../docs/providers/itflex.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => here(block));
  // Each curl fails on an error status, and the shell with it.
  const script = `set -euo pipefail\ncurl() { command curl --silent --show-error --fail "$@"; echo; }\n${blocks.join("\n")}`;
  const { stdout } = await promisify(execFile)("bash", ["-c", script]);
  const [connected, read] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(connected).toMatchObject({ provider: "itflex", account: "acme", status: "active", generation: 1 });
  expect(read).toMatchObject({ token_type: "Bearer", generation: 1, origin: connected.origin });
});

/** The page's ports are the default ones; the stack under test has others. */
function here(text: string): string {
  return text
    .replaceAll("http://127.0.0.1:8788", stack.brokerUrl)
    .replaceAll("http://localhost:8790", stack.sandboxUrl)
    .replaceAll("http://127.0.0.1:8790", stack.sandboxUrl.replace("localhost", "127.0.0.1"));
}
