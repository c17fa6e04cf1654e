import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { runCommand } from "../support/command.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { codeBlocks, portsOf, readPage, repository, section } from "../support/pages.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";

const contacts = [
  { name: "Ana Souza", email: "ana@example.com" },
  { name: "Bruno Lima", email: "bruno@example.com" },
  { name: "Célia Araújo", email: "celia@example.com" },
];
const printed = contacts.map(({ name, email }) => `${name} <${email}>\n`).join("");

const account = "acme";
const chapter = section(readPage("README.md"), "## Read it in your Lambda");
const [command = ""] = codeBlocks(chapter, "sh");

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
  client = stackClient(stack);
}, 90_000);

afterAll(() => stack?.dispose());

beforeEach(async () => {
  await client.sandbox.faults([]);
});

/** The provider has ended the token that a consumer holds: the next request with it is answered with 401. */
async function endToken(): Promise<void> {
  await client.sandbox.faults([{ kind: "unauthorized", endpoint: "contacts", times: 1 }]);
}

async function answers(): Promise<unknown> {
  return (await client.sandbox.counters()).requests["contacts"]?.statuses;
}

/** Runs the README's command. */
async function invoke(ports: Readonly<Record<string, string>> = portsOf(stack)) {
  return runCommand(["bash", "-c", command], repository, ports);
}

it("is what the README shows", () => {
  expect(codeBlocks(chapter, "ts")).toEqual([readPage("examples/contacts-lambda/index.ts")]);
});

it("connects an account and prints its contacts in one command, and uses the connection from then on", async () => {
  expect(await invoke()).toMatchObject({ exitCode: 0, stdout: `Connected rd-station/acme.\n${printed}` });
  const { generation } = await client.metadata(account);
  expect(await invoke()).toMatchObject({ exitCode: 0, stdout: printed });
  expect((await client.metadata(account)).generation).toBe(generation);
}, 60_000);

it("prints the contacts although the token is ended under it", async () => {
  await invoke();
  const { generation } = await client.metadata(account);
  await client.sandbox.reset(["counters"]);
  await endToken();
  expect(await invoke()).toMatchObject({ exitCode: 0, stdout: printed });
  expect(await answers()).toEqual({ 200: 1, 401: 1 });
  expect((await client.metadata(account)).generation).toBe(generation + 1);
}, 60_000);

it("connects an account that was revoked again", async () => {
  await invoke();
  await client.revoke(account);
  expect(await invoke()).toMatchObject({ exitCode: 0, stdout: `Connected rd-station/acme.\n${printed}` });
}, 60_000);

it("says what to run where nothing runs", async () => {
  const result = await invoke({ ...portsOf(stack), PORT: "1" });
  expect(result).toMatchObject({ exitCode: 1, stdout: "" });
  expect(result.stderr).toContain("Nothing answers at http://127.0.0.1:1. Run npm start in another terminal.\n");
}, 60_000);

it("stays warm while tokens are ended under it and replaced, and is told when the connection is revoked", async () => {
  await invoke();
  const lambda = startFunction();
  try {
    await client.sandbox.reset(["counters"]);
    expect(await send(lambda)).toEqual({ result: contacts });
    await endToken();
    expect(await send(lambda)).toEqual({ result: contacts });
    await client.refresh(account);
    await endToken();
    expect(await send(lambda)).toEqual({ result: contacts });
    expect(await answers()).toEqual({ 200: 3, 401: 2 });
    await client.revoke(account);
    expect(await send(lambda)).toEqual({ error: expect.stringContaining("rd-station/acme was revoked") });
  } finally {
    lambda.kill("SIGKILL");
  }
}, 60_000);

function startFunction(): ChildProcess {
  return fork("test/examples/warm-function.ts", {
    cwd: repository,
    execArgv: ["--import", "tsx"],
    env: {
      PATH: process.env["PATH"],
      AWS_ENDPOINT_URL: stack.awsUrl,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      CHAVEIRO_URL: stack.brokerUrl,
    },
  });
}

/** Invokes it once. @returns its answer */
async function send(lambda: ChildProcess): Promise<unknown> {
  const answered = once(lambda, "message", { signal: AbortSignal.timeout(30_000) });
  lambda.send({ account });
  const [answer] = await answered;
  return answer;
}
