import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { functionNames } from "../../infra/constructs/routes.ts";
import { createTableInput, table } from "../../shared/aws/table-definition.ts";
import { timing } from "../../shared/broker/timing.ts";
import { readConfig } from "../../shared/runtime/config.ts";
import { synthesizedStack, textOf } from "../support/synthesized-stack.ts";

const { resources, only, stack } = synthesizedStack();
const functions = [...resources("AWS::Lambda::Function").values()].map(({ Properties }) => Properties);
const nameOf = (description: string) => description.replace("chaveiro: ", "");
const functionOf = (name: string) =>
  functions.find(({ Description }) => nameOf(Description) === name) ?? expect.fail(`There is no ${name}.`);

describe("the table", () => {
  const [{ Properties: properties, DeletionPolicy, UpdateReplacePolicy }] = [only("AWS::DynamoDB::Table")];

  it("has the key and the indexes that the broker's adapters name", () => {
    const { TableName: _, BillingMode, AttributeDefinitions = [], ...schema } = createTableInput("any");
    expect(properties).toMatchObject({ BillingMode, ...schema });
    const attributes: readonly unknown[] = properties["AttributeDefinitions"];
    expect(attributes).toHaveLength(AttributeDefinitions.length);
    expect(attributes).toEqual(expect.arrayContaining(AttributeDefinitions));
  });

  it("is encrypted with a key of its own that rotates", () => {
    expect(properties["SSESpecification"]).toMatchObject({ SSEEnabled: true, SSEType: "KMS" });
    expect(textOf(properties["SSESpecification"].KMSMasterKeyId)).toBe("<Key.Arn>");
    expect(only("AWS::KMS::Key").Properties["EnableKeyRotation"]).toBe(true);
  });

  it("can be restored, is not deleted by mistake, and outlives the stack with its key", () => {
    expect(properties["PointInTimeRecoverySpecification"]).toEqual({
      PointInTimeRecoveryEnabled: true,
      RecoveryPeriodInDays: 35,
    });
    expect(properties["DeletionProtectionEnabled"]).toBe(true);
    expect([DeletionPolicy, UpdateReplacePolicy, only("AWS::KMS::Key").DeletionPolicy]).toEqual([
      "Retain",
      "Retain",
      "Retain",
    ]);
  });

  it("is in a stack that is not destroyed by mistake", () => {
    expect(stack.terminationProtection).toBe(true);
    expect(synthesizedStack({ terminationProtection: false }).stack.terminationProtection).toBe(false);
  });

  it("forgets what has a time to live, which no connection has", () => {
    expect(properties["TimeToLiveSpecification"]).toEqual({ AttributeName: table.timeToLive, Enabled: true });
  });

  it("is in one Region, without replicas", () => {
    expect(resources("AWS::DynamoDB::GlobalTable").size).toBe(0);
  });
});

describe("the functions", () => {
  const files = readdirSync(new URL("../../functions", import.meta.url)).map((file) => basename(file, ".ts"));

  it("are one for each file of functions/", () => {
    expect(functions.map(({ Description }) => nameOf(Description)).sort()).toEqual(files.sort());
    expect([...functionNames].sort()).toEqual(files.sort());
  });

  it("run on arm64 and Node 24, each with a role and a log of its own", () => {
    for (const { Architectures, Runtime, Handler } of functions)
      expect([Architectures, Runtime, Handler]).toEqual([["arm64"], "nodejs24.x", "index.handler"]);
    const distinct = (member: string) =>
      new Set(functions.map((properties) => JSON.stringify(properties[member]))).size;
    expect(distinct("Role")).toBe(files.length);
    expect(distinct("LoggingConfig")).toBe(files.length);
    expect(functions.every(({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions === undefined)).toBe(
      true,
    );
  });

  it("keep no log for ever", () => {
    const logs = [...resources("AWS::Logs::LogGroup").values()];
    expect(logs.map(({ Properties }) => Properties["RetentionInDays"])).toEqual(logs.map(() => 30));
    expect(logs.length).toBe(files.length + 1);
  });

  it("find in their environment all that they need, and nothing that they do not read", () => {
    for (const { Environment } of functions) {
      const values = Object.entries(Environment.Variables).map(([name, value]) => [name, textOf(value)]);
      const env = { ...Object.fromEntries(values), PUBLIC_URL: "https://broker.example" };
      const read = new Set<string | symbol>();
      const get = (target: typeof env, name: string | symbol) => {
        read.add(name);
        return Reflect.get(target, name);
      };
      readConfig(new Proxy(env, { get }));
      expect(Object.keys(env).filter((name) => !read.has(name))).toEqual([]);
    }
  });

  it("are told where everything is", () => {
    const { Variables } = functionOf("refresh")["Environment"];
    expect(textOf(Variables.TABLE_NAME)).toBe("<Table>");
    expect(textOf(Variables.KEY_ID)).toBe("<Key.Arn>");
    expect(textOf(Variables.EVENT_BUS_NAME)).toBe("<Bus>");
    expect(textOf(Variables.PUBLIC_URL)).toBe("<Api.ApiEndpoint>");
    expect(Variables.PUBLISH).toBe("rd-station,rd-station-crm");
  });
});

describe("the clocks", () => {
  const milliseconds = (seconds: number) => seconds * 1000;
  const sweepTimeout = milliseconds(functionOf("refresh")["Timeout"]);
  const requestTimeouts = functions
    .filter(({ Description }) => nameOf(Description) !== "refresh")
    .map(({ Timeout }) => milliseconds(Timeout));
  const integrationTimeouts = [...resources("AWS::ApiGatewayV2::Integration").values()].map(
    ({ Properties }) => Properties["TimeoutInMillis"],
  );

  it("are in the order that the protocol needs", () => {
    const inOrder = [
      timing.provider,
      timing.attempt,
      timing.lease,
      Math.min(...requestTimeouts),
      Math.max(...requestTimeouts),
      Math.min(...integrationTimeouts),
      30_000,
      sweepTimeout,
    ];
    expect(inOrder).toEqual([6_000, 15_000, 17_000, 25_000, 25_000, 29_000, 30_000, 60_000]);
  });
});
