import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sandboxClient } from "../../infra/local/sandbox-client.ts";
import { authorize, browser } from "../support/browser.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { stackClient } from "../support/stack-client.ts";
import { synthesizedStack, textOf } from "../support/synthesized-stack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs", "operations.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(([, block = ""]) => block);
const commands = blocks("sh");
const inAnAccount = (block: string) => block.startsWith("# In an account") || block.startsWith("npm ci");

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
    expect(commands.filter(inAnAccount)).toHaveLength(4);
    expect(commands.filter((block) => !inAnAccount(block)).length).toBeGreaterThan(5);
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
    const all = commands.filter((block) => !inAnAccount(block));
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

  it("are ones that the AWS command takes, also those that need an account", async () => {
    const directory = mkdtempSync(join(tmpdir(), "chaveiro-operations-"));
    const needing = commands.filter((block) => block.startsWith("# In an account"));
    expect(needing).toHaveLength(3);
    for (const block of needing) {
      // A command that is wrong in itself does not get as far as an address where nobody listens.
      const nobody = `aws() {
        command aws "$@" --endpoint-url http://127.0.0.1:1 2>&1 | grep -q 'Could not connect' && echo '{"pk":{"S":"any"}}'
      }`;
      const account = { AWS_DEFAULT_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
      const { PATH, HOME } = process.env;
      const env = { PATH, HOME, ...account, AWS_MAX_ATTEMPTS: "1", TABLE: "chaveiro" };
      await promisify(execFile)("bash", ["-ec", `${nobody}\n${block}`], { cwd: directory, env });
    }
    rmSync(directory, { recursive: true });
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
