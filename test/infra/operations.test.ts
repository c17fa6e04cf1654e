import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sandboxClient } from "../../infra/local/sandbox-client.ts";
import { authorize, browser } from "../support/browser.ts";
import { runCommand } from "../support/command.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { stackClient } from "../support/stack-client.ts";
import { synthesizedStack, textOf } from "../support/synthesized-stack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs", "operations.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(([, block = ""]) => block);
const commands = blocks("sh");
const needsAccount = (block: string) => block.startsWith("# In an account");
const signsIn = (block: string) => block.startsWith("# Where AWS_PROFILE");
const isOfAccount = (block: string) => needsAccount(block) || signsIn(block) || block.startsWith("npm ci");

const { resources, outputs } = synthesizedStack();

describe("the page on operations", () => {
  it("has the app of examples/, which synthesizes", async () => {
    const example = readFileSync(join(root, "examples", "cdk-app.ts"), "utf8");
    expect(blocks("ts")).toEqual([example]);
    const outdir = mkdtempSync(join(tmpdir(), "chaveiro-example-"));
    const env = { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: '{"aws:cdk:disable-asset-staging":true}' };
    await promisify(execFile)(process.execPath, ["--import", "tsx", "examples/cdk-app.ts"], { cwd: root, env });
    const template = JSON.parse(readFileSync(join(outdir, "Tokens.template.json"), "utf8"));
    rmSync(outdir, { recursive: true });
    expect(Object.values(template.Resources)).toContainEqual(expect.objectContaining({ Type: "AWS::DynamoDB::Table" }));
  });

  it("says of every alarm what it means and what to do, and of no other", () => {
    const alarms = [...resources("AWS::CloudWatch::Alarm").keys()].map((id) =>
      textOf({ Ref: id }).replace(/^<Alarms(rdstationcrm|rdstation|itflex)?|>$/g, ""),
    );
    const rows = [...page.matchAll(/^\| `([a-z-]+)` \| \S.* \| \S.* \|$/gm)].map(([, name = ""]) =>
      name.replaceAll("-", ""),
    );
    expect(rows.sort()).toEqual([...new Set(alarms)].sort());
  });

  it("names every output of the stack", () => {
    for (const name of Object.keys(outputs())) expect(page).toContain(name.replace(/^CallbackUrl.*/, "CallbackUrl…"));
  });

  it("has commands for an account, and these are all", () => {
    expect(commands.filter(isOfAccount)).toHaveLength(8);
    expect(commands.filter((block) => !isOfAccount(block)).length).toBeGreaterThan(5);
  });
});

/** What the page has in place of what the provider has given. */
const unregistered = '{"client_id":"…","client_secret":"…"}';

const hasAws = spawnSync("aws", ["--version"]).status === 0;

// Where there is no AWS command, what the page does with Secrets Manager cannot be tried.
describe.skipIf(!hasAws)("its commands", () => {
  let stack: LocalStack;

  beforeAll(async () => {
    stack = await startLocalStack({ SWEEP_SECONDS: "86400" });
  });

  afterAll(() => stack?.dispose());

  /** Runs the page's blocks in one shell, up to and including the one with `last` in it. @returns what that one has printed */
  async function upTo(last: string, fill: Readonly<Record<string, string>> = {}): Promise<string> {
    const all = commands.filter((block) => !isOfAccount(block));
    const index = all.findIndex((block) => block.includes(last));
    const block = Object.entries(fill).reduce((text, [from, to]) => text.replace(from, to), all[index] ?? "");
    const signed = all.find((one) => one.startsWith("signed()"))?.replace(/\nsigned -X[\s\S]*$/, "\n") ?? "";
    const env = {
      PATH: process.env["PATH"],
      AWS_ENDPOINT_URL: stack.awsUrl,
      HOME: process.env["HOME"],
      AWS_REGION: "us-east-1",
      // What version 1 of the command reads.
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_SESSION_TOKEN: "test",
      CHAVEIRO_URL: stack.brokerUrl,
    };
    const script = block.startsWith("signed()") ? block : signed + block;
    const { stdout } = await promisify(execFile)("bash", ["-ec", script], { env });
    return stdout;
  }

  it("sign with what a profile stands for", async () => {
    const broker = await startRecordingProxy("127.0.0.1");
    broker.forwardTo(stack.brokerUrl);
    const [signIn = ""] = commands.filter(signsIn);
    const [signed = ""] = commands.filter((block) => block.startsWith("signed()"));
    // Version 1 of the command cannot do this; what version 2 prints.
    const exported = ["ACCESS_KEY_ID=ASIAPROFILE", "SECRET_ACCESS_KEY=secret", "SESSION_TOKEN=session"];
    const lines = exported.map((text) => `echo 'export AWS_${text}'`).join("; ");
    const aws = `aws() { [ "$*" = "configure export-credentials --format env" ] && { ${lines}; }; }`;
    const env = { AWS_PROFILE: "work", AWS_REGION: "us-east-1", CHAVEIRO_URL: broker.url };
    const { stdout } = await runCommand(["bash", "-ec", [aws, signIn, signed].join("\n")], root, env);
    await broker.close();
    expect(JSON.parse(stdout)).toHaveProperty("authorization_url");
    const headers = broker.exchanges[0]?.requestHeaders;
    expect(headers?.get("authorization")).toContain("Credential=ASIAPROFILE/");
    expect(headers?.get("x-amz-security-token")).toBe("session");
  });

  it("store client credentials, connect, show, refresh, move in and revoke", async () => {
    const broker = stackClient(stack);
    const { clientId, clientSecret } = sandboxClient;
    const registered = JSON.stringify({ client_id: clientId, client_secret: clientSecret });
    const credentials = await upTo("put-secret-value", { [unregistered]: registered });
    expect(JSON.parse(credentials)).toMatchObject({ Name: "chaveiro/clients/rd-station" });

    const { authorization_url } = JSON.parse(await upTo("/authorization"));
    await authorize(browser(), authorization_url, { account: "Acme Ltda" });
    const shown = (await upTo("get-secret-value")).split(/(?<=\})\n?(?=\{)/).map((text) => JSON.parse(text));
    expect(shown).toMatchObject([
      { status: "active", label: "Acme Ltda" },
      { provider: "rd-station", account: "acme", generation: 1 },
    ]);
    expect(JSON.parse(await upTo("/acme/refresh"))).toMatchObject({ generation: 2 });
    const refreshToken = await broker.sandbox.refreshToken("Acme Ltda");
    const moved = JSON.parse(await upTo("-X PUT", { "…": refreshToken }));
    expect(moved).toMatchObject({ status: "active", generation: 3 });
    expect(JSON.parse(await upTo("-X DELETE"))).toMatchObject({ status: "revoked", upstream: "revoked" });
  });
});

/** The AWS command at an address where nobody listens: a command that is wrong in itself does not get as far. */
const nobody = `aws() {
  echo "$1 $2" >> asked
  command aws "$@" --endpoint-url http://127.0.0.1:1 2>&1 | grep -q 'Could not connect' || echo "$*" >> wrong
  if [ "$1 $2" = "$(head -n 1 failing)" ]; then sed -i 1d failing; return 254; fi
  echo '{"pk":{"S":"any"}}'
}`;

describe.skipIf(!hasAws)("its commands for an account", { timeout: 120_000 }, () => {
  const needing = commands.filter(needsAccount);

  /** Pastes the block with `part` in it. @param failing commands that fail once, each after the one before @returns what AWS is asked, in order */
  async function askedBy(part: string, failing = "none"): Promise<readonly string[]> {
    const directory = mkdtempSync(join(tmpdir(), "chaveiro-operations-"));
    const file = (name: string) => join(directory, name);
    for (const name of ["asked", "wrong"]) writeFileSync(file(name), "");
    writeFileSync(file("failing"), failing);
    const block = needing.find((text) => text.includes(part)) ?? "";
    const account = { AWS_DEFAULT_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
    const env = { ...account, AWS_MAX_ATTEMPTS: "1", TABLE: "chaveiro" };
    // As they are pasted into a shell, which goes on after a line that has failed.
    await runCommand(["bash", "-c", `${nobody}\n${block}`], directory, env);
    const [asked, wrong] = ["asked", "wrong"].map((name) => readFileSync(file(name), "utf8").split("\n").slice(0, -1));
    const left = readdirSync(directory).sort();
    rmSync(directory, { recursive: true });
    expect(wrong).toEqual([]);
    expect(left).toEqual(["asked", "failing", "wrong"]);
    return asked ?? [];
  }

  const restoring = ["dynamodb restore-table-to-point-in-time", "dynamodb wait"];
  const copying = ["dynamodb get-item", "dynamodb put-item"];
  const removing = ["describe-table", "update-table", "wait", "delete-table"].map((name) => `dynamodb ${name}`);

  it("are ones that the AWS command takes, and leave no file behind", async () => {
    expect(needing).toHaveLength(6);
    expect(await askedBy("restore-table")).toEqual(restoring);
    expect(await askedBy("put-item")).toEqual(copying);
    expect(await askedBy("delete-table --table-name chaveiro-restored")).toEqual(["dynamodb delete-table"]);
    expect(await askedBy("termination")).toEqual(["cloudformation update-termination-protection"]);
    expect(await askedBy("schedule-key")).toEqual([...removing, "kms schedule-key-deletion"]);
    expect(await askedBy("delete-secret")).toEqual(["secretsmanager delete-secret"]);
  });

  it("wait for a restored table for as long as there is one", async () => {
    const again = ["dynamodb describe-table", "dynamodb wait"];
    expect(await askedBy("restore-table", "dynamodb wait")).toEqual([...restoring, ...again]);
    const gone = "dynamodb describe-table";
    expect(await askedBy("restore-table", `dynamodb wait\n${gone}`)).toEqual([...restoring, gone]);
  });

  it("do not go on after one that has failed", async () => {
    for (const [part, inOrder] of [
      ["restore-table", restoring],
      ["put-item", copying],
      ["schedule-key", removing],
    ] as const) {
      const tried = part === "restore-table" ? inOrder.slice(0, 1) : inOrder;
      for (const [index, failing] of tried.entries())
        expect(await askedBy(part, failing)).toEqual(inOrder.slice(0, index + 1));
    }
  });
});
