import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { App, Validations } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { AwsSolutionsChecks } from "cdk-nag";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TokenBrokerStack } from "../../infra/token-broker-stack.ts";
import type { Resource } from "../support/synthesized-stack.ts";

const cwd = fileURLToPath(new URL("../..", import.meta.url));

let directory: string;
let template: { readonly Resources: Readonly<Record<string, Resource>> };

/** The command as it is written in package.json, where there is neither an account nor a configuration. */
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "chaveiro-synth-"));
  const env = { PATH: process.env["PATH"], HOME: directory, CI: "true" };
  execFileSync("npm", ["run", "synth", "--", "--output", join(directory, "out")], { cwd, env, stdio: "pipe" });
  template = JSON.parse(readFileSync(join(directory, "out", "Chaveiro.template.json"), "utf8"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("npm run synth needs no account, and leaves a template with every bundle beside it", () => {
  const assets = readdirSync(join(directory, "out")).filter((name) => name.startsWith("asset."));
  expect(assets.length).toBe(readdirSync(join(cwd, "functions")).length);
  for (const asset of assets) expect(existsSync(join(directory, "out", asset, "index.mjs"))).toBe(true);
  expect(Object.values(template.Resources).filter(({ Type }) => Type === "AWS::Lambda::Function").length).toBe(
    assets.length,
  );
});

it("says of every finding of cdk-nag why it is none, and has no others", () => {
  type Acknowledged = { readonly id: string; readonly reason: string };
  const acknowledged = Object.values(template.Resources).flatMap(
    ({ Metadata }) => (Metadata?.["cdk_nag"]?.rules_to_suppress ?? []) as readonly Acknowledged[],
  );
  const rules = new Set(acknowledged.map(({ id }) => id.replace(/\[.*/, "").replace(/^AwsSolutions::/, "")));
  expect([...rules].sort()).toEqual(["AwsSolutions-APIG4", "AwsSolutions-IAM5", "AwsSolutions-SMG4"]);
  for (const { reason } of acknowledged) expect(reason).toMatch(/^[A-Z].{30,}\.$/);
});

it("fails where a wildcard has no reason", () => {
  const outdir = join(directory, "wide");
  const app = new App({ outdir, context: { "aws:cdk:disable-asset-staging": true } });
  const { broker } = new TokenBrokerStack(app, "Wide");
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  broker.functions
    .get("health")
    ?.addToRolePolicy(new PolicyStatement({ actions: ["dynamodb:*"], resources: [broker.table.tableArn] }));
  expect(() => app.synth({ errorOnDuplicateSynth: false })).toThrow(/wildcard permissions/);
});

const hasCfnLint = spawnSync("cfn-lint", ["--version"]).status === 0;

// W3005: the CDK names dependencies that CloudFormation would find by itself.
it.skipIf(!hasCfnLint)("is a template that cfn-lint finds nothing in (skipped where it is not installed)", () => {
  const file = join(directory, "out", "Chaveiro.template.json");
  const { status, stdout } = spawnSync("cfn-lint", ["--ignore-checks", "W3005", "--", file], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});
