import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sandboxClient } from "../../infra/local/sandbox-client.ts";
import { dynamoDbClient, secretsManagerClient } from "../../shared/aws/aws-clients.ts";
import { clientOptions } from "../contracts/aws-host.ts";
import { currentValue } from "../contracts/aws-ports.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { eventually, type StackClient, stackClient } from "../support/stack-client.ts";
import { runCommand, startCommand } from "./command-process.ts";

// Each command is a process of its own, which takes its time to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let stack: LocalStack;
let broker: StackClient;
let directory: string;

beforeAll(async () => {
  stack = await startLocalStack();
  broker = stackClient(stack);
  directory = mkdtempSync(join(tmpdir(), "chaveiro-cli-"));
}, 90_000);

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await stack.dispose();
});

const here = () => ({ CHAVEIRO_URL: stack.brokerUrl, AWS_ENDPOINT_URL: stack.awsUrl });
const chaveiro = (...args: readonly string[]) => runCommand(args, here());

/** As if the connection had been revoked so much earlier. */
async function revokedLongAgo(account: string) {
  const client = dynamoDbClient(clientOptions(stack.awsUrl));
  await client.send(
    new UpdateItemCommand({
      TableName: "chaveiro",
      Key: { pk: { S: `connection#rd-station/${account}` } },
      UpdateExpression: "ADD revoked_at :earlier",
      ExpressionAttributeValues: { ":earlier": { N: "-80000" } },
    }),
  );
  client.destroy();
}

describe("purge", () => {
  it("says where nothing is revoked", async () => {
    expect(await chaveiro("purge", "--all", "--yes")).toMatchObject({ code: 0, stdout: "No connection is revoked.\n" });
  });

  it("deletes the secret, the label and the history of what is revoked, and nothing of what is not", async () => {
    for (const account of ["left", "stays"]) await broker.connect(account, `Conta ${account}`);
    await broker.refresh("left");
    const revoked = (await broker.revoke("left")).body;
    await revokedLongAgo("left");
    const purged = await chaveiro("purge", "rd-station/left", "rd-station/stays", "rd-station/never");
    expect(purged).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("2 of 3 could not be purged. [not_purged]"),
    });
    expect(purged.stdout.split("\n")).toEqual([
      "rd-station/left is purged.",
      "rd-station/stays is not revoked. Revoke it first: chaveiro revoke rd-station/stays",
      "rd-station/never is not there.",
      "",
    ]);
    expect(await broker.published("left")).toBeUndefined();
    expect(await broker.metadata("left")).toMatchObject({
      status: "revoked",
      generation: revoked.generation,
      label: null,
      secret_name: null,
      last_refresh: { at: null, outcome: null, code: null },
    });
    expect(await broker.published("stays")).toMatchObject({ access_token: expect.any(String) });
    expect(await broker.metadata("stays")).toMatchObject({ status: "active", label: "Conta stays" });

    expect(await chaveiro("purge", "rd-station/left")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("nothing left"),
    });
    expect((await broker.connect("left", "Outra conta")).generation).toBe(revoked.generation + 1);
    expect(await broker.published("left")).toMatchObject({ generation: revoked.generation + 1 });
  });

  it("tells what is still being revoked from what is not", async () => {
    await broker.connect("stuck");
    await broker.sandbox.aim("stuck", [{ kind: "server-error", endpoint: "revoke" }]);
    await broker.revoke("stuck");
    expect(await chaveiro("purge", "rd-station/stuck")).toMatchObject({
      code: 7,
      stdout: expect.stringMatching(
        /^rd-station\/stuck is being revoked\. .* chaveiro revoke rd-station\/stuck --force/,
      ),
    });
  });

  it("waits for what may still be on its way, as long as nobody interrupts it", async () => {
    await broker.connect("recent");
    await broker.revoke("recent");
    const running = startCommand(["purge", "rd-station/recent"], here());
    await running.until("Waiting for what may still be on its way");
    running.signal("SIGINT");
    expect((await running.ended).code).toBe(130);
    expect(await broker.published("recent")).toHaveProperty("revoked_at");
    await revokedLongAgo("recent");
  });

  it("takes all that are revoked, where somebody has agreed", async () => {
    for (const args of [[], ["--all", "rd-station/left"], ["--all"]]) {
      expect(await chaveiro("purge", ...args)).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining("--all --yes"),
      });
    }
    expect(await broker.published("recent")).toHaveProperty("revoked_at");
    const { code, stdout } = await chaveiro("purge", "--all", "--yes", "--json");
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { outcomes: [{ connection: "rd-station/recent", outcome: "purged" }] },
    ]);
    expect(await broker.published("recent")).toBeUndefined();
  });

  it("says where the table is not there, and where AWS refuses", async () => {
    expect(await chaveiro("purge", "rd-station/left", "--table", "another")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("[ResourceNotFoundException]"),
    });
    for (const [error, advice] of [
      ["AccessDeniedException", "These credentials lack the permission"],
      ["ExpiredTokenException", "Sign in again"],
    ] as const) {
      await broker.aws.faults([
        { service: "secretsmanager", operation: "RestoreSecret", error, status: 400, times: 1 },
      ]);
      const { code, stderr } = await chaveiro("purge", "rd-station/left");
      expect([code, stderr]).toEqual([6, expect.stringContaining(`[${error}]\n→ ${advice}`)]);
    }
    await broker.aws.faults([]);
  });
});

it.each([
  ["purge", "rd-station/left"],
  ["purge", "--all", "--yes"],
  ["client", "set", "rd-station", "--client-id", "x"],
])("%s %s is not done to the data of another local broker", async (...args) => {
  const { code, stdout, stderr } = await runCommand(args, { CHAVEIRO_URL: stack.brokerUrl }, "secret");
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(`the broker at ${stack.brokerUrl} keeps its data. [endpoint_missing]`);
  expect(stderr).toContain("AWS_ENDPOINT_URL");
});

describe("client set", () => {
  it("stores what is piped in, and the broker uses it", async () => {
    await broker.connect("client");
    await broker.sandbox.client({ client_secret: "another-secret" });
    const args = ["client", "set", "rd-station", "--client-id", sandboxClient.clientId];
    const stored = await runCommand(args, here(), "another-secret\n");
    expect(stored).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining("chaveiro/clients/rd-station (replaced)"),
    });
    await eventually(async () => (await broker.refresh("client")).status === 200);
  });

  it("stores what a file holds, under another prefix, where there was nothing", async () => {
    const file = join(directory, "client-secret");
    writeFileSync(file, "s3cret\n");
    const args = ["client", "set", "rd-station-crm", "--client-id", "crm", "--client-secret-file", file, "--json"];
    const { code, stdout, stderr } = await chaveiro(...args, "--prefix", "elsewhere");
    const secret = "elsewhere/clients/rd-station-crm";
    const client = secretsManagerClient(clientOptions(stack.awsUrl));
    expect([code, JSON.parse(stdout), stderr]).toEqual([0, { secret, outcome: "created" }, ""]);
    expect(await currentValue(client, secret)).toEqual({ client_id: "crm", client_secret: "s3cret" });
  });

  it("takes no more than what was handed out, and stores nothing that nobody can have been given", async () => {
    const set = (id: string, secret: string) =>
      runCommand(["client", "set", "rd-station-crm", "--client-id", id, "--prefix", "pasted"], here(), secret);
    for (const [id, secret, said] of [
      ["crm", " \n", "The client secret is empty. [secret_missing]"],
      ["crm", "\ufeff\r\n", "The client secret is empty. [secret_missing]"],
      ["crm", "se cret", "The client secret has more in it than visible ASCII characters. [secret_missing]"],
      ["crm", "segredo-não", "The client secret has more in it than visible ASCII characters. [secret_missing]"],
      [" ", "secret", "The client id is empty. [invalid_request]"],
    ] as const) {
      expect(await set(id, secret)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(said) });
    }
    const client = secretsManagerClient(clientOptions(stack.awsUrl));
    await expect(currentValue(client, "pasted/clients/rd-station-crm")).rejects.toThrow();
    expect((await set(" crm ", "\ufeffsecret \r\n")).code).toBe(0);
    expect(await currentValue(client, "pasted/clients/rd-station-crm")).toEqual({
      client_id: "crm",
      client_secret: "secret",
    });
  });

  it("wants a provider that knows clients, an id and a secret", async () => {
    expect(await chaveiro("client", "set", "unknown")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("[provider_unknown]"),
    });
    expect(await chaveiro("client", "set", "itflex")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("chaveiro import itflex"),
    });
    expect(await chaveiro("client", "set", "rd-station")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--client-id"),
    });
    expect(await chaveiro("client", "set", "rd-station", "--client-id", "x")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("[secret_missing]"),
    });
    expect(await chaveiro("client")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Usage: chaveiro client"),
    });
  });
});
