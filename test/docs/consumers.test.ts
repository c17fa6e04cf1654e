import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsV4Signer } from "aws4fetch";
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from "vitest";
import type { TokenClient, TokenClientOptions, TokenErrorCode } from "../../shared/consumer/index.ts";
import { type CommandResult, runCommand } from "../support/command.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { codeBlocks, onStack, portsOf, readPage, repository, section, tableNames } from "../support/pages.ts";
import { type Exchange, type RecordingProxy, startRecordingProxy } from "../support/recording-proxy.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";

const page = readPage("docs/consumers.md");
const account = "acme";

let stack: LocalStack;
let client: StackClient;
/** In front of the broker: sees what it is asked, and how that is signed. */
let broker: RecordingProxy;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "chaveiro-consumers-"));
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
  client = stackClient(stack);
  broker = await startRecordingProxy("127.0.0.1");
  broker.forwardTo(stack.brokerUrl);
}, 90_000);

afterAll(async () => {
  await broker?.close();
  await stack?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

/** A connection as nobody has reported a token of it yet. */
beforeEach(async () => {
  await client.sandbox.faults([]);
  await client.revoke(account);
  await client.put(account, await client.sandbox.refreshToken(account));
});

describe("the page on reading tokens", () => {
  it("shows what is published, member by member", async () => {
    const [token, tombstone] = codeBlocks(section(page, "## What is published"), "json").map((text) =>
      JSON.parse(text),
    );
    expect(Object.keys((await client.published(account)) ?? {})).toEqual(Object.keys(token));
    await client.revoke(account);
    expect(Object.keys((await client.published(account)) ?? {})).toEqual(Object.keys(tombstone));
  });

  it("names every option of the client, and no other", () => {
    const options = {
      prefix: true,
      brokerUrl: true,
      minimumSeconds: true,
      auth: true,
      fetch: true,
      secretsManager: true,
    } satisfies Record<keyof TokenClientOptions, true>;
    const rows = section(page, "### Options").split("\n");
    const named = rows.flatMap((row) => /^\| `(\w+)` \|/.exec(row)?.[1] ?? []);
    expect(named).toEqual(Object.keys(options));
  });

  it("names every function of the client, and no other", () => {
    const functions = { getAccessToken: true, fetch: true, peek: true, invalidate: true } satisfies Record<
      keyof TokenClient,
      true
    >;
    const shown = section(page, "## Node.js").split("\n### ")[0] ?? "";
    expect(tableNames(shown).map((signature) => signature.split("(")[0])).toEqual(Object.keys(functions));
  });

  it("says of every error code what to do", () => {
    const codes = {
      connection_not_found: true,
      provider_unknown: true,
      connection_revoked: true,
      reauthorization_required: true,
      forbidden: true,
      invalid_request: true,
      origin_refused: true,
      token_unavailable: true,
      broker_unavailable: true,
      provider_unavailable: true,
      refresh_in_progress: true,
      token_just_issued: true,
      client_credentials_rejected: true,
      internal_error: true,
      request_too_large: true,
      grant_rejected: true,
    } satisfies Record<TokenErrorCode, true>;
    expect(tableNames(section(page, "### Errors")).filter((name) => name !== "code")).toEqual(Object.keys(codes));
  });
});

describe("what the page has one paste", { timeout: 60_000 }, () => {
  it("invokes the example, also when its token is ended", async () => {
    const [, ...blocks] = codeBlocks(section(page, "## Try it"), "sh");
    expect(blocks).toHaveLength(2);
    const { generation } = await client.metadata(account);
    const printed = await paste(blocks);
    expect(printed.map((text) => text.match(/<ana@example.com>/g)?.length)).toEqual([1, 1]);
    expect((await client.metadata(account)).generation).toBe(generation + 1);
  });

  it("reads contacts in TypeScript, and says why it cannot", async () => {
    const [code = ""] = codeBlocks(section(page, "## Node.js"), "ts");
    const file = join(directory, "contacts.mts");
    writeFileSync(file, code);
    const run = `node --import tsx ${file}`;
    expect(await paste([run])).toEqual([expect.stringContaining('"ana@example.com"')]);
    await client.revoke(account);
    expect(await paste([run])).toEqual([
      expect.stringMatching(/^rd-station\/acme: connection_revoked\. The connection/),
    ]);
  });

  it("reads contacts from another account as the role that is assumed", async () => {
    // Beside the page's program, where a consumer's own packages are.
    const packages = join(directory, "node_modules");
    if (!existsSync(packages)) symlinkSync(join(repository, "node_modules"), packages);
    const [code = ""] = codeBlocks(section(page, "### From another account"), "ts");
    const file = join(directory, "other-account.mts");
    writeFileSync(file, code);
    const role = "arn:aws:iam::111111111111:role/Consumer";
    const sts = await startRecordingProxy("127.0.0.1");
    sts.answerWith(() => ({ status: 200, headers: { "content-type": "text/xml" }, body: assumed(role) }));
    const secrets = await startRecordingProxy("127.0.0.1");
    secrets.forwardTo(stack.awsUrl);
    await client.sandbox.faults([{ kind: "unauthorized", endpoint: "contacts", times: 1 }]);
    const asked = broker.exchanges.length;
    const run = [
      `export AWS_ENDPOINT_URL_STS=${sts.url} AWS_ENDPOINT_URL_SECRETS_MANAGER=${secrets.url} TOKENS_ROLE=${role}`,
      `node --import tsx ${file}`,
    ];
    const [, printed] = await paste(run);
    await Promise.all([sts.close(), secrets.close()]);
    expect(printed).toContain('"ana@example.com"');
    expect(sts.exchanges.map(({ requestBody }) => new URLSearchParams(requestBody).get("RoleArn"))).toEqual([role]);
    const asRole = [...secrets.exchanges, ...broker.exchanges.slice(asked)];
    expect(asRole.length).toBeGreaterThan(1);
    for (const { requestHeaders } of asRole) {
      expect(requestHeaders.get("authorization")).toContain("Credential=ASIAROLE/");
      expect(requestHeaders.get("x-amz-security-token")).toBe("session");
    }
    expect(broker.exchanges).toHaveLength(asked + 1);
  });

  it("reads contacts in Python, with another token after a 401", async (context) => {
    await needs(context, "boto3", ["python3", "-c", "import boto3"]);
    const asked = broker.exchanges.length;
    const { generation } = await client.metadata(account);
    expect(await paste([python()])).toEqual([expect.stringMatching(/^200 .*ana@example\.com/)]);
    expect(broker.exchanges).toHaveLength(asked);
    await client.sandbox.faults([{ kind: "unauthorized", endpoint: "contacts", times: 1 }]);
    expect(await paste([python()])).toEqual([expect.stringMatching(/^200 .*ana@example\.com/)]);
    expect((await client.metadata(account)).generation).toBe(generation + 1);
    expect(broker.exchanges).toHaveLength(asked + 1);
    await mustBeSigned(broker.exchanges[asked]);
  });

  it("reads the secret once in Python, follows no redirect and gives the second 401 to its caller", async (context) => {
    await needs(context, "boto3", ["python3", "-c", "import boto3"]);
    const asked = broker.exchanges.length;
    await client.aws.resetRequests();
    const more = `for _ in range(3): print(call("rd-station/acme", "/platform/contacts").status)\n`;
    expect(await paste([python(more)])).toEqual([expect.stringMatching(/\n200\n200\n200\n$/)]);
    expect((await client.aws.requests())["secretsmanager.GetSecretValue"]).toBe(1);

    await client.sandbox.faults([{ kind: "redirect", endpoint: "contacts", status: 302 }]);
    const status = `print(call("rd-station/acme", "/platform/contacts").status)\n`;
    expect(await paste([onlyFunctions(status)])).toEqual(["302\n"]);
    expect((await client.sandbox.counters()).requests["redirected"]).toBeUndefined();
    expect(broker.exchanges).toHaveLength(asked);

    await client.sandbox.faults([{ kind: "unauthorized", endpoint: "contacts" }]);
    expect(await paste([onlyFunctions(status)])).toEqual(["401\n"]);
    expect(broker.exchanges).toHaveLength(asked + 1);
  });

  it("is told of a revocation in Python", async (context) => {
    await needs(context, "boto3", ["python3", "-c", "import boto3"]);
    await client.revoke(account);
    const result = await runShell([python()]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain("rd-station/acme was revoked: its account has to be connected again");
  });

  it("reads the secret, calls the API and reports a token with the AWS CLI and curl", async (context) => {
    await needs(context, "the AWS CLI", ["aws", "--version"]);
    const asked = broker.exchanges.length;
    const published = await client.published(account);
    const blocks = codeBlocks(section(page, "## AWS CLI"), "sh");
    const [secret = "", contacts = "", reported = "", ...more] = await paste(blocks);
    expect(more).toEqual([]);
    expect(JSON.parse(secret)).toEqual(published);
    expect(contacts).toContain('"ana@example.com"');
    const answer = JSON.parse(reported);
    expect(await client.callApi(answer.access_token)).toBe(200);
    expect(answer.generation).toBe((published?.generation ?? 0) + 1);
    expect(broker.exchanges).toHaveLength(asked + 1);
    await mustBeSigned(broker.exchanges[asked]);
  });
});

/** What STS answers to who may assume the role. */
function assumed(role: string): string {
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
    <AssumedRoleUser><Arn>${role.replace("role", "assumed-role")}/session</Arn><AssumedRoleId>AROA:session</AssumedRoleId></AssumedRoleUser>
    <Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
    <SessionToken>session</SessionToken><Expiration>${expiration}</Expiration></Credentials>
  </AssumeRoleResult></AssumeRoleResponse>`;
}

async function needs(context: TestContext, what: string, command: readonly [string, ...string[]]): Promise<void> {
  const found = await runCommand(command, directory).catch(() => undefined);
  context.skip(found?.exitCode !== 0, `What the page shows with ${what} was not run: it is not on this machine.`);
}

/** The page's program, and a command that runs it. `more`: what else is done in the same process. */
function python(more = ""): string {
  return runPython(`${pythonCode()}${more}`);
}

/** The same without what the page's program does in the end. */
function onlyFunctions(more: string): string {
  return runPython(pythonCode().replace(/\nresponse = call[\s\S]*$/, `\n${more}`));
}

function pythonCode(): string {
  return codeBlocks(section(page, "## Python"), "python")[0] ?? "";
}

function runPython(code: string): string {
  writeFileSync(join(directory, "contacts.py"), code);
  const [command = ""] = codeBlocks(section(page, "## Python"), "sh");
  return `(cd ${directory} && ${command.trim()})`;
}

/** Runs blocks in one shell, after the page's own settings. @returns what each has printed */
async function paste(blocks: readonly string[]): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await runShell(blocks);
  expect(exitCode, stderr).toBe(0);
  return stdout.split("@@@\n").slice(0, -1);
}

async function runShell(blocks: readonly string[]): Promise<CommandResult> {
  const [settings = ""] = codeBlocks(section(page, "## Try it"), "sh");
  const script = [settings, ...blocks.map((block) => `${block}\necho "@@@"`)].join("\n");
  const text = `set -euo pipefail\n${onStack(script, { ...stack, brokerUrl: broker.url })}`;
  return runCommand(["bash", "-c", text], repository, portsOf(stack));
}

/** Signed with the page's credentials, as an implementation that the page's commands do not use would sign it. */
async function mustBeSigned(exchange: Exchange | undefined): Promise<void> {
  const signer = new AwsV4Signer({
    url: `${broker.url}${exchange?.path}`,
    accessKeyId: "local",
    secretAccessKey: "local",
    region: "us-east-1",
    service: "execute-api",
    datetime: exchange?.requestHeaders.get("x-amz-date") ?? "",
  });
  const { headers } = await signer.sign();
  const signature = /Signature=\w+/.exec(headers.get("authorization") ?? "")?.[0];
  expect(exchange?.requestHeaders.get("authorization")).toMatch(/^AWS4-HMAC-SHA256 /);
  expect(exchange?.requestHeaders.get("authorization")).toContain(signature);
}
