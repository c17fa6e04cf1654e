import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sandboxClient, sandboxCrmClient } from "../../infra/local/sandbox-client.ts";
import { runSandbox } from "../infra/local/sandbox/running-sandbox.ts";

const page = readFileSync(new URL("../../docs/sandbox.md", import.meta.url), "utf8");

test("every command of the sandbox's page is one that the sandbox takes", { timeout: 60_000 }, async () => {
  const sandbox = await runSandbox({ rdStationClient: sandboxClient, rdStationCrmClient: sandboxCrmClient });
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  expect(blocks.length).toBeGreaterThan(5);
  // Each curl fails on an error status, and the shell with it.
  const script = `set -euo pipefail\ncurl() { command curl --silent --show-error --fail "$@"; echo; }\n${blocks.join("\n")}`;
  const run = promisify(execFile)("bash", ["-c", script.replaceAll("http://localhost:8790", sandbox.url)]);
  const { stdout } = await run;
  expect(stdout).toContain('"access_token"');
  expect(stdout).not.toContain('"error"');
});
