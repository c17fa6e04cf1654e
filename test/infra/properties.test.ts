import { readFileSync } from "node:fs";
import { App, Lazy, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { describe, expect, it } from "vitest";
import { providers } from "../../infra/constructs/providers.ts";
import { TokenBroker, type TokenBrokerProps } from "../../infra/token-broker.ts";
import { readConfig } from "../../shared/runtime/config.ts";
import { configuredProviders } from "../../shared/runtime/configured-providers.ts";
import { type SynthesizedStack, synthesizedStack, textOf } from "../support/synthesized-stack.ts";

const fixtures = new URL("../shared/runtime/customer-origin/fixtures/", import.meta.url);
const authority = readFileSync(new URL("test-only-ca.pem", fixtures), "utf8");

const { resources, outputs } = synthesizedStack();

const certificate = Certificate.fromCertificateArn(
  new Stack(new App(), "Elsewhere"),
  "Certificate",
  "arn:aws:acm:sa-east-1:1:certificate/1",
);

const environmentOf = ({ resources: found }: SynthesizedStack) => {
  const [first] = found("AWS::Lambda::Function").values();
  return first?.Properties["Environment"].Variables;
};

describe("the providers", () => {
  it("are the broker's own, with what a stack has to know of them", () => {
    const { publish, providers: settings } = readConfig({
      TABLE_NAME: "any",
      KEY_ID: "any",
      EVENT_BUS_NAME: "any",
      PUBLIC_URL: "https://broker.example",
    });
    const known = [...configuredProviders(settings).values()].map((provider) => [
      provider.id,
      {
        hasClient: provider.isClientless !== true,
        isAuthorizedInBrowser: provider.authorizationUrl !== undefined,
        isCentral: provider.origin !== undefined,
        isPublished: publish.has(provider.id),
      },
    ]);
    expect(providers).toEqual(Object.fromEntries(known));
  });

  it("have their client credentials in a secret each, which is made without a value", () => {
    const secrets = [...resources("AWS::SecretsManager::Secret").values()].map(({ Properties }) => Properties);
    expect(secrets.map(({ Name }) => Name).sort()).toEqual([
      "chaveiro/clients/rd-station",
      "chaveiro/clients/rd-station-crm",
    ]);
    for (const secret of secrets) expect(Object.keys(secret).sort()).toEqual(["Description", "Name"]);
  });

  it("are told to the operator with the callback URL of each", () => {
    expect(Object.keys(outputs()).sort()).toEqual([
      "ApiUrl",
      "BusName",
      "CallbackUrlrdstation",
      "CallbackUrlrdstationcrm",
      "SecretPrefix",
      "TableName",
    ]);
    expect(textOf(outputs()["CallbackUrlrdstation"])).toBe("<Api.ApiEndpoint>/auth/rd-station/callback");
  });

  it("are told in the same way by a stack of one's own, which may have more than one broker", () => {
    const own = new Stack(new App(), "Tokens");
    new TokenBroker(own, "First");
    new TokenBroker(own, "Second", { prefix: "second", providers: ["itflex"] });
    const told = Object.keys(Template.fromStack(own).toJSON()["Outputs"]).map((name) =>
      name.replace(/[0-9A-F]{8}$/, ""),
    );
    const each = ["ApiUrl", "BusName", "SecretPrefix", "TableName"];
    expect(told.sort()).toEqual(
      [
        ...each.map((name) => `First${name}`),
        "FirstCallbackUrlrdstation",
        "FirstCallbackUrlrdstationcrm",
        ...each.map((name) => `Second${name}`),
      ].sort(),
    );
    expect(() => new TokenBroker(own, "Third", { prefix: "second" })).toThrow("another broker with the prefix second");
  });

  it("are as many as one wants", () => {
    const some = synthesizedStack({ providers: ["itflex"], publish: { itflex: true } });
    expect(some.resources("AWS::SecretsManager::Secret").size).toBe(0);
    expect(Object.keys(some.outputs()).filter((name) => name.startsWith("Callback"))).toEqual([]);
    expect(environmentOf(some)).toMatchObject({ PROVIDERS: "itflex", PUBLISH: "itflex" });
  });
});

describe("what can be different", () => {
  const different = synthesizedStack({
    prefix: "acme/tokens",
    publish: false,
    returnToOrigins: ["https://app.example", "https://other.example"],
    installUrl: "https://app.example/connect",
    reservedConcurrency: 3,
    logRetention: 7,
    recoveryDays: 2,
    settings: {
      LOG_LEVEL: "DEBUG",
      CUSTOMER_PORTS: "8443",
      CUSTOMER_AUTHORITIES: authority,
      ITFLEX_TOKEN_PATH: "/api/oauth2/token",
      RD_STATION_CRM_AUTHORIZATION_PAGE: "https://accounts.example/oauth/authorize",
    },
  });

  it("reaches the functions as they read it", () => {
    expect(environmentOf(different)).toMatchObject({
      PREFIX: "acme/tokens",
      PUBLISH: "",
      RETURN_TO_ORIGINS: "https://app.example,https://other.example",
      INSTALL_URL: "https://app.example/connect",
      LOG_LEVEL: "DEBUG",
      CUSTOMER_PORTS: "8443",
    });
  });

  it("is read by the functions under the names that it has here", () => {
    const texts = Object.entries(environmentOf(different)).map(([name, value]) => [name, textOf(value)]);
    const config = readConfig({ ...Object.fromEntries(texts), PUBLIC_URL: "https://broker.example" });
    expect(config).toMatchObject({
      logLevel: "DEBUG",
      providers: {
        rdStationCrm: { authorizationPage: "https://accounts.example/oauth/authorize" },
        itflex: { tokenPath: "/api/oauth2/token" },
      },
      customerOrigins: { allowedPorts: [8443] },
      privateAuthorities: authority,
    });
  });

  const refused: readonly (readonly [TokenBrokerProps, RegExp])[] = [
    [{ prefix: "acme tokens" }, /would not start .* PREFIX \(has to be 1 to 64 characters/],
    [{ prefix: "" }, /PREFIX/],
    [
      { prefix: "chaveiro/rd-station" },
      /No segment of prefix may be the name of a provider, as rd-station in chaveiro/,
    ],
    [{ returnToOrigins: ["app.example"] }, /RETURN_TO_ORIGINS \(has to be a list of http or https origins/],
    [{ installUrl: "javascript:alert(1)" }, /INSTALL_URL \(has to be an http or https URL/],
    [{ settings: { CUSTOMER_PORTS: "443,https" } }, /CUSTOMER_PORTS \(has to be a list of port numbers/],
    [{ settings: { CUSTOMER_AUTHORITIES: "ca.pem" } }, /CUSTOMER_AUTHORITIES \(has to be one or more certificates/],
    [{ settings: { ITFLEX_TOKEN_PATH: "token" } }, /ITFLEX_TOKEN_PATH \(has to be a path/],
    [{ providers: [] }, /providers has to name one at least/],
    [{ providers: ["hubspot" as "itflex"] }, /hubspot is no provider. There are rd-station, rd-station-crm, itflex/],
    [{ publish: { rdstation: true } as TokenBrokerProps["publish"] & object }, /rdstation is no provider/],
    [{ reservedConcurrency: 1.5 }, /reservedConcurrency has to be a whole number/],
    [
      { returnToOrigins: Array(200).fill("https://app.example.com") },
      /environment has \d{4} bytes, and Lambda takes 4096/,
    ],
    [{ reservedConcurrency: 2, schedules: 2 }, /reservedConcurrency has to be more than schedules/],
    [{ schedules: 5 }, /schedules has to be a whole number from 1 to 4/],
    [{ domain: { name: "https://tokens.acme.example", certificate } }, /The name of domain has to be a host name/],
  ];
  it.each(refused)("is refused where the functions would not start with it: %j", (props, message) => {
    expect(() => synthesizedStack(props)).toThrow(message);
  });

  it("is taken as it is where it is only known when it is deployed", () => {
    const later = synthesizedStack({ installUrl: Lazy.string({ produce: () => "https://app.example/later" }) });
    expect(environmentOf(later)).toMatchObject({ INSTALL_URL: "https://app.example/later" });
  });

  it("reserves concurrency for the refresh function alone", () => {
    const reserved = [...different.resources("AWS::Lambda::Function").values()].flatMap(({ Properties }) =>
      Properties["ReservedConcurrentExecutions"] === undefined
        ? []
        : [[Properties["Description"], Properties["ReservedConcurrentExecutions"]]],
    );
    expect(reserved).toEqual([["chaveiro: refresh", 3]]);
  });

  it("keeps backups for as long as is said", () => {
    const { PointInTimeRecoverySpecification } = different.only("AWS::DynamoDB::Table").Properties;
    expect(PointInTimeRecoverySpecification["RecoveryPeriodInDays"]).toBe(2);
  });

  it("keeps logs for as long as is said, and names secrets by the prefix", () => {
    const logs = [...different.resources("AWS::Logs::LogGroup").values()];
    expect(new Set(logs.map(({ Properties }) => Properties["RetentionInDays"]))).toEqual(new Set([7]));
    const secrets = [...different.resources("AWS::SecretsManager::Secret").values()];
    expect(secrets.map(({ Properties }) => Properties["Name"])).toContain("acme/tokens/clients/rd-station");
  });

  it("can be its host name, and then the API has no other", () => {
    const name = "tokens.acme.example";
    const {
      only,
      outputs: told,
      ...own
    } = synthesizedStack({}, undefined, (app) => ({
      domain: {
        name,
        certificate: Certificate.fromCertificateArn(app, "Certificate", "arn:aws:acm:sa-east-1:1:certificate/1"),
      },
    }));
    expect(only("AWS::ApiGatewayV2::DomainName").Properties).toMatchObject({ DomainName: name });
    expect(only("AWS::ApiGatewayV2::Api").Properties["DisableExecuteApiEndpoint"]).toBe(true);
    expect(only("AWS::ApiGatewayV2::ApiMapping").Properties["Stage"]).toBeDefined();
    expect(told()).toMatchObject({
      ApiUrl: `https://${name}`,
      CallbackUrlrdstation: `https://${name}/auth/rd-station/callback`,
    });
    expect(Object.keys(told())).toContain("DomainTarget");
    expect(environmentOf({ only, outputs: told, ...own })).toMatchObject({ PUBLIC_URL: `https://${name}` });
  });
});
