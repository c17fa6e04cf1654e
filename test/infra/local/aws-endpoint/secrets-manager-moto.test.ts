import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "vitest";
import { awsClients } from "./aws-clients.ts";
import { type Deviation, describeSecretsManager } from "./secrets-manager-contract.ts";

const installed = spawnSync("moto_server", ["--help"]).status === 0;

// moto is a second opinion that a user's machine need not have; where it is missing, the report says so.
if (!installed)
  describe("Secrets Manager on moto", () => {
    it.skip("is not run: moto_server is not on the PATH (pip install 'moto[server]')", () => {});
  });

/** Where moto 5.2 is known not to do what AWS does. */
const deviations: readonly Deviation[] = [
  "a name scheduled for deletion counts as existing",
  "a new current version forgets the other labels of the one before it",
  "a new current version leaves AWSPENDING behind",
  "a read without a stage keeps to the version that was current before a move",
  "a repeated pending put takes AWSCURRENT from its version",
  "a secret has no size limit",
  "a version without labels is still described",
  "an ARN without suffix is found although it looks complete",
  "any label but AWSCURRENT can be moved without naming its holder",
  "AWSCURRENT can be removed",
  "labels come in the order they were given in",
  "moving AWSCURRENT to where it is fails",
  "names are not checked",
  "the value of a pending version can be replaced",
  "the value can be updated under an existing token",
  "writes to a secret scheduled for deletion succeed",
];

describe.runIf(installed)("a second implementation", () => {
  let moto: ChildProcess;
  let client: ReturnType<typeof awsClients>["secretsManager"];

  beforeAll(async () => {
    const port = await freePort();
    moto = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
    client = awsClients(`http://127.0.0.1:${port}`, { maxAttempts: 3 }).secretsManager;
    const answers = () => fetch(`http://127.0.0.1:${port}/moto-api/data.json`).then((response) => response.ok);
    while (!(await answers().catch(() => false))) await wait(100);
  });
  afterAll(async () => {
    const ended = new Promise((done) => moto.once("exit", done));
    moto.kill("SIGKILL");
    await ended;
  });

  describeSecretsManager("moto", () => client, deviations);
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
