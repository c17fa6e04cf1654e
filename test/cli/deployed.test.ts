import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";
import { type Environment, runCommand } from "./command-process.ts";
import { certificateFile, type DeployedBroker, startDeployedBroker } from "./deployed-broker.ts";

// Each command is a process of its own, which takes its time to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const keys = {
  accessKeyId: "AKIAEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: "a/session+token==",
};

let stack: LocalStack;
let broker: StackClient;
let deployed: DeployedBroker;
let directory: string;

beforeAll(async () => {
  stack = await startLocalStack();
  broker = stackClient(stack);
  deployed = await startDeployedBroker(stack.brokerUrl, keys);
  directory = mkdtempSync(join(tmpdir(), "chaveiro-cli-"));
}, 90_000);

afterEach(() => {
  Object.assign(deployed, {
    whim: undefined,
    ahead: 0,
    concurrency: 1_000,
    outputs: { ApiUrl: deployed.url, TableName: "chaveiro" },
  });
  deployed.signed.length = 0;
});

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await deployed.close();
  await stack.dispose();
});

/** What finds the deployment, and no credentials. */
const place = (): Environment => ({
  NODE_EXTRA_CA_CERTS: certificateFile,
  AWS_ENDPOINT_URL: stack.awsUrl,
  AWS_ENDPOINT_URL_STS: deployed.url,
  AWS_ENDPOINT_URL_LAMBDA: deployed.url,
  AWS_ENDPOINT_URL_CLOUDFORMATION: deployed.url,
});

const signedIn = (): Environment => ({
  ...place(),
  AWS_REGION: deployed.region,
  AWS_ACCESS_KEY_ID: keys.accessKeyId,
  AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  AWS_SESSION_TOKEN: keys.sessionToken,
});

const chaveiro = (args: readonly string[], env: Environment = signedIn(), input = "") => runCommand(args, env, input);
const atUrl = (...args: readonly string[]) => chaveiro(["--url", deployed.url, ...args]);

describe("a deployed broker", () => {
  it("gets signed requests, whatever is in them", async () => {
    const token = await broker.sandbox.refreshToken("Assinada");
    const imported = await chaveiro(["import", "rd-station/a.b_c-d", "--url", deployed.url], signedIn(), token);
    expect(imported).toMatchObject({ code: 0, stdout: expect.stringContaining("is connected") });
    expect(await atUrl("list", "--provider", "rd-station", "--status", "active")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Assinada"),
    });
    expect(await atUrl("token", "rd-station/a.b_c-d", "--minimum-seconds", "1")).toMatchObject({ code: 0 });
    expect(await atUrl("connect", "rd-station/a.b_c-d", "--no-wait")).toMatchObject({ code: 0 });
    expect(await atUrl("revoke", "rd-station/a.b_c-d", "--force")).toMatchObject({ code: 0 });
    expect(deployed.signed).toEqual([
      "execute-api PUT /v1/connections/rd-station/a.b_c-d",
      "execute-api GET /v1/connections?provider=rd-station&status=active&limit=100",
      "execute-api GET /v1/connections/rd-station/a.b_c-d/access-token?minimum_seconds=1",
      "execute-api GET /v1/connections/rd-station/a.b_c-d",
      "execute-api POST /v1/connections/rd-station/a.b_c-d/authorization",
      "execute-api DELETE /v1/connections/rd-station/a.b_c-d?force=true",
    ]);
  });

  it("is found by the name of its stack", async () => {
    expect(await chaveiro(["list", "--stack", "Broker"])).toMatchObject({ code: 0 });
    expect(deployed.signed).toEqual(["cloudformation POST /", "execute-api GET /v1/connections?limit=100"]);
    const unknown = await chaveiro(["list", "--stack", "Another"]);
    expect(unknown).toMatchObject({ code: 3, stderr: expect.stringContaining("There is no stack Another") });
    deployed.outputs = { MyApiUrl: "a", TokensApiUrl0A1B2C3D: deployed.url };
    expect(await chaveiro(["list", "--stack", "Broker"])).toMatchObject({ code: 0 });
    deployed.outputs = { FirstApiUrl0A1B2C3D: deployed.url, SecondApiUrl0A1B2C3E: deployed.url };
    expect(await chaveiro(["list", "--stack", "Broker"])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("no output ApiUrl, or two of them"),
    });
    deployed.outputs = { SomethingElse: "a" };
    expect(await chaveiro(["list", "--stack", "Broker"])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("no output ApiUrl"),
    });
  });

  it.each<[string, () => Environment, readonly string[]]>([
    [
      "the environment, with AWS_DEFAULT_REGION",
      () => ({ ...signedIn(), AWS_REGION: "", AWS_DEFAULT_REGION: deployed.region }),
      [],
    ],
    ["the environment, with --region", () => ({ ...signedIn(), AWS_REGION: "eu-west-1" }), ["--region", "sa-east-1"]],
    ["the shared files, by profile", () => ({ ...place(), ...sharedFiles(), AWS_PROFILE: "broker" }), []],
  ])("is signed for with credentials and Region of %s", async (_what, env, args) => {
    expect(await chaveiro(["list", "--url", deployed.url, ...args], env())).toMatchObject({ code: 0, stderr: "" });
  });

  function sharedFiles(): Environment {
    const [config, credentials] = [join(directory, "config"), join(directory, "credentials")];
    writeFileSync(config, `[profile broker]\nregion = ${deployed.region}\n`);
    const lines = [
      "[broker]",
      `aws_access_key_id = ${keys.accessKeyId}`,
      `aws_secret_access_key = ${keys.secretAccessKey}`,
      `aws_session_token = ${keys.sessionToken}`,
    ];
    writeFileSync(credentials, `${lines.join("\n")}\n`);
    return { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials };
  }

  it("is not asked without credentials or a Region", async () => {
    const { AWS_REGION } = signedIn();
    const noKeys = await chaveiro(["list", "--url", deployed.url], { ...place(), AWS_REGION: AWS_REGION ?? "" });
    expect(noKeys).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/\[credentials_missing\]\n→ .*aws sso login/),
    });
    const noRegion = await chaveiro(["list", "--url", deployed.url], { ...signedIn(), AWS_REGION: "" });
    expect(noRegion).toMatchObject({ code: 2, stderr: expect.stringMatching(/\[region_missing\]\n→ .*--region/) });
    expect(deployed.signed).toEqual([]);
  });

  it("purges in the stack's table, and stores clients under its prefix, by the operator's own permissions", async () => {
    deployed.outputs = { ...deployed.outputs, SecretPrefix: "of-the-stack" };
    const stored = await chaveiro(
      ["client", "set", "rd-station", "--client-id", "x", "--stack", "Broker"],
      signedIn(),
      "y",
    );
    expect(stored).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("of-the-stack/clients/rd-station (created)"),
    });
    expect(await chaveiro(["purge", "rd-station/never", "--stack", "Broker"])).toMatchObject({
      code: 3,
      stdout: "rd-station/never is not there.\n",
    });
    expect(await atUrl("purge", "rd-station/never")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("[table_missing]"),
    });
    expect(await atUrl("purge", "rd-station/never", "--table", "chaveiro")).toMatchObject({ code: 3 });
  });

  it.each<[string, number, string, number, string]>([
    ["that it does not know who asks", 403, '{"message":"Forbidden"}', 6, "execute-api:Invoke"],
    [
      "that the credentials are over",
      403,
      '{"message":"The security token included in the request is expired"}',
      6,
      "Sign in again",
    ],
    ["that there is no such route", 404, '{"message":"Not Found"}', 2, "is no chaveiro broker (404)"],
    ["that there are too many requests", 429, '{"message":"Too Many Requests"}', 7, "Ask again in a moment"],
    ["that a function has failed", 500, '{"message":"Internal Server Error"}', 1, "log of the function"],
    ["that a function took too long", 504, '{"message":"Endpoint request timed out"}', 7, "Ask again"],
    ["something that is no JSON", 200, "<html>Sign in</html>", 2, "is no chaveiro broker (200)"],
    ["that it has moved", 302, "", 2, "is no chaveiro broker (302)"],
  ])("is API Gateway when it says %s", async (_what, status, body, code, said) => {
    deployed.whim = { status, body };
    expect(await atUrl("list")).toMatchObject({
      code,
      stdout: "",
      stderr: expect.stringContaining(`[http_${status}]`),
    });
    expect((await atUrl("show", "rd-station/any")).stderr).toContain(said);
  });

  it("tells credentials that have expired from those that may too little, also where it is AWS who says so", async () => {
    const refuse = (code: string) => {
      const body = `<ErrorResponse><Error><Code>${code}</Code><Message>It says no.</Message></Error></ErrorResponse>`;
      deployed.whim = { status: 403, body };
      return chaveiro(["list", "--stack", "Broker"]);
    };
    expect(await refuse("ExpiredToken")).toMatchObject({ code: 6, stderr: expect.stringContaining("→ Sign in again") });
    expect(await refuse("AccessDenied")).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("→ Use credentials that may ask it"),
    });
  });

  it("refuses what somebody else has signed, and what was signed at another time", async () => {
    const wrong = await chaveiro(["list", "--url", deployed.url], { ...signedIn(), AWS_SECRET_ACCESS_KEY: "wrong" });
    expect(wrong).toMatchObject({ code: 6, stderr: expect.stringContaining("does not match") });
    deployed.ahead = 10 * 60_000;
    expect(await atUrl("list")).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("The clock of this machine is wrong."),
    });
  });

  it("passes on what the broker says, and when to ask again", async () => {
    const detail = "Later.\u009b31m";
    const body = JSON.stringify({ status: 503, code: "refresh_in_progress", detail: `${detail} Ask again.` });
    deployed.whim = { status: 503, headers: { "retry-after": "2" }, body };
    const shown = await atUrl("refresh", "rd-station/any");
    expect(shown).toMatchObject({
      code: 7,
      stderr: "chaveiro: Later.\u{fffd}31m [refresh_in_progress]\n→ Ask again in 2 s.\n",
    });
    const asJson = await atUrl("refresh", "rd-station/any", "--json");
    expect(JSON.parse(asJson.stderr)).toEqual({
      error: { code: "refresh_in_progress", message: detail, advice: "Ask again in 2 s." },
    });
  });
});

describe("doctor of a deployed broker", () => {
  it("finds nothing wrong where nothing is", async () => {
    const { code, stdout } = await atUrl("doctor");
    expect(stdout).not.toMatch(/^(warning|problem|skipped +(?! |itflex ))/m);
    expect(stdout).toMatch(/^ok +credentials +signs as arn:aws:iam::123456789012:user\/ana$/m);
    expect(stdout).toMatch(/^ok +concurrency limit +1000 functions may run at once/m);
    expect(code).toBe(0);
  });

  it("warns of what will be wrong", async () => {
    Object.assign(deployed, { concurrency: 10, ahead: 60_000 });
    const { code, stdout } = await atUrl("doctor");
    expect(stdout).toMatch(/^warning +concurrency limit +10 functions may run at once.*\n +→ .*Service Quotas/m);
    expect(stdout).toMatch(/^warning +clock +this machine's clock is (59 s|1 min) behind the broker's/m);
    expect(code).toBe(0);
  });

  it("says what is wrong, and ends with 5", async () => {
    deployed.whim = { status: 403, body: '{"message":"Forbidden"}' };
    const { code, stdout, stderr } = await atUrl("doctor", "--json");
    const { findings } = JSON.parse(stdout) as {
      findings: { check: string; verdict: string; found: string; advice?: string }[];
    };
    expect(findings.filter(({ verdict }) => verdict === "problem").map(({ check }) => check)).toEqual([
      "credentials",
      "permissions",
    ]);
    // What would only be refused again is not asked.
    for (const check of ["rd-station", "rd-station-crm", "oldest due", "refreshes"])
      expect(findings).toContainEqual({
        check,
        verdict: "skipped",
        found: "not possible before this is mended: permissions",
      });
    expect(findings).toContainEqual(expect.objectContaining({ check: "concurrency limit", verdict: "skipped" }));
    expect(findings.find(({ check }) => check === "permissions")?.advice).toContain("execute-api:Invoke");
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "problems_found" } });
    expect(code).toBe(5);
  });
});
