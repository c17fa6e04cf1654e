import { describe, expect, it } from "vitest";
import { routeKey, routes } from "../../infra/constructs/routes.ts";
import { routes as localRoutes } from "../../infra/local/routes.ts";
import { usualShards } from "../../shared/aws/table-definition.ts";
import { readShare } from "../../shared/runtime/schedule-share.ts";
import { synthesizedStack, textOf } from "../support/synthesized-stack.ts";

const { resources, only } = synthesizedStack();

describe("the API", () => {
  const deployed = [...resources("AWS::ApiGatewayV2::Route").values()].map(({ Properties }) => Properties);
  const stage = only("AWS::ApiGatewayV2::Stage");

  it("has the routes of the local gateway, with the same functions and the same callers", () => {
    const described = routes.map((route) => ({
      method: route.method,
      path: route.path,
      function: route.function,
      caller: typeof route.caller === "string" ? "iam" : "anyone",
    }));
    const byKey = (one: { readonly method: string; readonly path: string }, other: typeof one) =>
      `${one.path} ${one.method}`.localeCompare(`${other.path} ${other.method}`);
    expect(described.sort(byKey)).toEqual([...localRoutes].sort(byKey));
    expect(deployed.map(({ RouteKey }) => RouteKey).sort()).toEqual(routes.map(routeKey).sort());
  });

  it("takes signed requests alone for everything under /v1", () => {
    const types = Object.fromEntries(deployed.map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType]));
    for (const { RouteKey } of deployed)
      expect([RouteKey, types[RouteKey]]).toEqual([RouteKey, RouteKey.includes(" /v1/") ? "AWS_IAM" : "NONE"]);
  });

  it("lets strangers come so often and no more", () => {
    expect(stage.Properties["RouteSettings"]).toEqual({
      "GET /auth/{provider}/start": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
      "GET /auth/{provider}/callback": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
      "GET /auth/{provider}/result/{reference}": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
      "GET /healthz": { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 },
    });
    const routeIds = [...resources("AWS::ApiGatewayV2::Route").keys()];
    expect(stage.DependsOn).toEqual(expect.arrayContaining(routeIds));
  });

  it("logs neither paths nor query strings", () => {
    const { Format } = stage.Properties["AccessLogSettings"];
    const values = Format.match(/\$context\.[A-Za-z.]+/g);
    expect(values).toEqual([
      "$context.requestTime",
      "$context.requestId",
      "$context.routeKey",
      "$context.status",
      "$context.responseLength",
      "$context.responseLatency",
      "$context.identity.userArn",
      "$context.integrationErrorMessage",
    ]);
    const line = Format.replace(/(?<!")\$context\.[A-Za-z.]+/g, "1");
    expect(JSON.parse(line)).toMatchObject({ status: 1, route: "$context.routeKey" });
  });

  it("has the function that is meant behind each route, and may call it for its own routes only", () => {
    const integrations = resources("AWS::ApiGatewayV2::Integration");
    const behind = deployed.map(({ RouteKey, Target }) => {
      const [, id = ""] = /<([^<>]+)>$/.exec(textOf(Target)) ?? [];
      const found = [...integrations].find(([name]) => textOf({ Ref: name }) === `<${id}>`);
      return [RouteKey, textOf(found?.[1].Properties["IntegrationUri"])];
    });
    const arnOf = (name: string) => `<${name.replaceAll("-", "")}.Arn>`;
    expect(new Map(behind as [string, string][])).toEqual(
      new Map(routes.map((route) => [routeKey(route), arnOf(route.function)])),
    );

    const permissions = [...resources("AWS::Lambda::Permission").values()].map(
      ({ Properties: { FunctionName, Principal, Action, SourceArn } }) =>
        `${Principal} ${Action} ${textOf(FunctionName)} ${textOf(SourceArn).replace(/^.*<Api>/, "")}`,
    );
    expect(permissions.sort()).toEqual(
      routes
        .map(({ function: name, path }) => `apigateway.amazonaws.com lambda:InvokeFunction ${arnOf(name)} /*/*${path}`)
        .sort(),
    );
  });
});

describe("the schedule", () => {
  const schedulesOf = (shares: number) =>
    [...synthesizedStack({ schedules: shares }).resources("AWS::Scheduler::Schedule").values()].map(
      ({ Properties }) => Properties,
    );

  it("sweeps every minute, and repeats nothing that was late or has failed", () => {
    const { ScheduleExpression, FlexibleTimeWindow, Target, State } = only("AWS::Scheduler::Schedule").Properties;
    expect([ScheduleExpression, FlexibleTimeWindow, State ?? "ENABLED"]).toEqual([
      "rate(1 minute)",
      { Mode: "OFF" },
      "ENABLED",
    ]);
    expect(textOf(Target.Arn)).toBe("<refresh.Arn>");
    expect(Target.RetryPolicy).toEqual({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds, FunctionName } = only(
      "AWS::Lambda::EventInvokeConfig",
    ).Properties;
    expect([textOf(FunctionName), MaximumRetryAttempts, MaximumEventAgeInSeconds]).toEqual(["<refresh>", 0, 60]);
  });

  it("does all of the work where it is alone, and its share where it is not", () => {
    for (const count of [1, usualShards]) {
      const shares = schedulesOf(count).map(({ Target }) => readShare(JSON.parse(Target.Input)));
      expect(shares).toEqual(Array.from({ length: count }, (_, share) => ({ share, of: count })));
    }
    expect(() => synthesizedStack({ schedules: usualShards + 1 })).toThrow("1 to 4");
  });
});
