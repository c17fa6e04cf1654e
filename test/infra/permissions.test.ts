import { AccountPrincipal, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { describe, expect, it } from "vitest";
import { type FunctionName, functionNames } from "../../infra/constructs/routes.ts";
import { TokenBroker } from "../../infra/token-broker.ts";
import { describePermission, flatten, permissionsOf } from "../support/policy-statements.ts";
import { synthesizedStack, textOf } from "../support/synthesized-stack.ts";

let operator: Role;

const synthesized = synthesizedStack({}, (stack) => {
  const { broker } = stack;
  const consumer = (id: string) =>
    new LambdaFunction(stack, id, {
      runtime: Runtime.NODEJS_24_X,
      handler: "index.handler",
      code: Code.fromInline("exports.handler = async () => {};"),
    });
  broker.grantAccessToken(consumer("OneConsumer"), "rd-station/acme");
  broker.grantAccessToken(consumer("AllConsumer"), "itflex/*");
  const role = (id: string) => new Role(stack, id, { assumedBy: new ServicePrincipal("ecs-tasks.amazonaws.com") });
  broker.grantAccessToken(role("TaskRole"), "rd-station-crm/a.b-c_1");
  operator = role("OperatorRole");
  broker.grantManage(operator);
});
const { resources, only, stack } = synthesized;

const linesOf = (role: string) => permissionsOf(synthesized, role).map(describePermission).sort();
const secret = (name: string) => `arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${name}`;
const route = (name: string) =>
  `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<Api>/$default/${name}`;

/** What each function may do to items whose key begins so, besides writing to its log. */
const items = (action: string, ...kinds: readonly string[]) => [
  `dynamodb:${action} <Table.Arn> if dynamodb:LeadingKeys ForAllValues:StringLike ${kinds.map((kind) => `${kind}#*`).join(", ")} if dynamodb:LeadingKeys Null false`,
];
const query = (index: string) => [`dynamodb:Query <Table.Arn>/index/${index}`];
const tableKey = [
  "kms:Decrypt <Key.Arn> if kms:EncryptionContext:aws:dynamodb:tableName StringEquals <Table> if kms:ViaService StringEquals dynamodb.<AWS::Region>.<AWS::URLSuffix>",
];
const clients = [
  "secretsmanager:GetSecretValue <Clientsrdstation>",
  "secretsmanager:GetSecretValue <Clientsrdstationcrm>",
];
const dataKey = (action: string, providers: readonly string[]) => [
  `kms:${action} <Key.Arn> if kms:EncryptionContext:chaveiro:connection StringLike ${providers.map((provider) => `${provider}/*`).join(", ")}`,
];
const publish = (providers: readonly string[]) =>
  ["CreateSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"].flatMap((action) =>
    providers.map((provider) => `secretsmanager:${action} ${secret(`chaveiro/${provider}/*`)}`),
  );
const events = ["events:PutEvents <Bus.Arn> if events:source StringEquals chaveiro"];

const all = ["rd-station", "rd-station-crm", "itflex"];
const inBrowser = ["rd-station", "rd-station-crm"];
const opens = [...dataKey("Decrypt", all), ...publish(all), ...events];
const breaker = [...items("BatchGetItem", "connection"), ...items("PutItem", "health"), ...query("by_provider")];

const expected: Readonly<Record<FunctionName, readonly string[]>> = {
  health: [],
  connections: [
    ...items("GetItem", "connection"),
    ...items("BatchGetItem", "connection"),
    ...query("by_provider"),
    ...tableKey,
  ],
  authorization: [...items("PutItem", "ticket"), ...tableKey],
  start: [
    ...items("GetItem", "ticket", "connection"),
    ...items("UpdateItem", "ticket"),
    ...items("PutItem", "request"),
    ...tableKey,
    ...clients,
  ],
  result: [...items("GetItem", "request", "connection"), ...items("UpdateItem", "request"), ...tableKey],
  callback: [
    ...items("GetItem", "request", "ticket", "connection"),
    ...items("UpdateItem", "request", "ticket", "connection"),
    ...tableKey,
    ...clients,
    ...dataKey("Decrypt", inBrowser),
    ...dataKey("GenerateDataKey", inBrowser),
    ...publish(inBrowser),
    ...events,
  ],
  import: [
    ...items("GetItem", "connection"),
    ...items("UpdateItem", "connection"),
    ...items("DeleteItem", "connection"),
    ...tableKey,
    ...clients,
    ...dataKey("GenerateDataKey", all),
    ...opens,
  ],
  "access-token": [
    ...items("GetItem", "connection", "health"),
    ...items("UpdateItem", "connection"),
    ...breaker,
    ...tableKey,
    ...clients,
    ...opens,
  ],
  refresh: [
    ...items("GetItem", "connection", "health"),
    ...items("UpdateItem", "connection"),
    ...items("DeleteItem", "connection"),
    ...breaker,
    ...query("due"),
    ...tableKey,
    ...clients,
    ...opens,
  ],
  revoke: [
    ...items("GetItem", "connection", "health"),
    ...items("UpdateItem", "connection"),
    ...items("DeleteItem", "connection"),
    ...breaker,
    ...tableKey,
    ...clients,
    ...opens,
  ],
};

const roleOf = (name: string) => `${name.replaceAll("-", "")}Role`;

describe("a function", () => {
  it.each(functionNames)("%s may do exactly this", (name) => {
    const log = `<${name.replaceAll("-", "")}Log.Arn>`;
    const own = [`logs:CreateLogStream ${log}`, `logs:PutLogEvents ${log}`];
    expect(linesOf(roleOf(name))).toEqual([...own, ...expected[name]].sort());
  });

  it("decrypts token sets only where it redeems, hands out or revokes", () => {
    const decrypting = functionNames.filter((name) =>
      permissionsOf(synthesized, roleOf(name)).some(
        ({ action, conditions }) =>
          action.startsWith("kms:") && !conditions.some((condition) => condition.includes("kms:ViaService")),
      ),
    );
    expect(decrypting).toEqual(["access-token", "callback", "import", "refresh", "revoke"]);
  });
});

describe("the key", () => {
  const statements = only("AWS::KMS::Key").Properties["KeyPolicy"].Statement;

  it("opens data keys of connections for nobody else in the account, whatever IAM says", () => {
    const [administered, { Effect, Principal, Action, Condition }, ...others] = statements;
    expect(others).toEqual([]);
    expect({ ...administered, Principal: textOf(administered.Principal.AWS) }).toEqual({
      Effect: "Allow",
      Action: "kms:*",
      Resource: "*",
      Principal: "arn:<AWS::Partition>:iam::<AWS::AccountId>:root",
    });
    expect([Effect, Principal]).toEqual(["Deny", { AWS: "*" }]);
    expect(Action).toEqual(["kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncryptFrom"]);
    expect(Condition.Null).toEqual({ "kms:EncryptionContext:chaveiro:connection": "false" });
    expect(Object.keys(Condition).sort()).toEqual(["ArnNotEquals", "Null"]);
    expect(Condition.ArnNotEquals["aws:PrincipalArn"].map(textOf)).toEqual(
      ["access-token", "callback", "import", "refresh", "revoke"].map((name) => `<${roleOf(name)}.Arn>`),
    );
  });
});

describe("nobody", () => {
  const roles = [...resources("AWS::IAM::Role")];

  it("may do anything to everything", () => {
    const permissions = [...resources("AWS::IAM::Policy").values()].flatMap(({ Properties }) =>
      Properties["PolicyDocument"].Statement.flatMap(flatten),
    );
    expect(permissions.length).toBeGreaterThan(100);
    for (const { action, resource } of permissions) {
      expect(action).not.toContain("*");
      expect(resource).not.toMatch(/^\*$|^arn:[^/]*\*/);
    }
  });

  it("is let in by a policy that is not a role's, but API Gateway into its functions and the account to its key", () => {
    const types = Object.values(synthesizedStack().template.toJSON()["Resources"]).map(
      (resource) => (resource as { readonly Type: string }).Type,
    );
    expect([...new Set(types)].filter((type) => /Policy|Permission|::Url/.test(type)).sort()).toEqual([
      "AWS::IAM::Policy",
      "AWS::Lambda::Permission",
    ]);
    expect(only("AWS::DynamoDB::Table").Properties["ResourcePolicy"]).toBeUndefined();
    expect(only("AWS::Events::EventBus").Properties["Policy"]).toBeUndefined();
    const managed = roles.filter(([id, { Properties }]) => id.startsWith("Broker") && Properties["ManagedPolicyArns"]);
    expect(managed).toEqual([]);
  });

  it("is trusted but the service that is meant", () => {
    const trusted = roles
      .filter(([id]) => id.startsWith("Broker"))
      .map(([, { Properties }]) => Properties["AssumeRolePolicyDocument"].Statement)
      .map(([{ Principal }, ...others]) => [Principal.Service, others.length]);
    expect(new Set(trusted.map(String))).toEqual(new Set(["lambda.amazonaws.com,0", "scheduler.amazonaws.com,0"]));
  });

  it("but the scheduler calls the sweep, and the scheduler calls nothing else", () => {
    expect(linesOf("SchedulesRole")).toEqual(["lambda:InvokeFunction <refresh.Arn>"]);
    const [, schedules] =
      roles.find(([id]) => id.startsWith("BrokerSchedulesRole")) ?? expect.fail("There is no role.");
    const [{ Condition }] = schedules.Properties["AssumeRolePolicyDocument"].Statement;
    expect(Condition).toEqual({ StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } });
  });
});

describe("a consumer", () => {
  const basic = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
  const environmentOf = (id: string) =>
    [...resources("AWS::Lambda::Function")].find(([name]) => name.startsWith(id))?.[1].Properties["Environment"]
      ?.Variables;

  it("of one connection reads that one's access token, published or from the broker, and nothing else", () => {
    expect(linesOf("OneConsumerServiceRole")).toEqual(
      [
        `managed ${basic}`,
        `secretsmanager:GetSecretValue ${secret("chaveiro/rd-station/acme-??????")}`,
        `execute-api:Invoke ${route("GET/v1/connections/rd-station/acme/access-token")}`,
      ].sort(),
    );
  });

  it("of all connections of a provider reads those, and nothing else", () => {
    expect(linesOf("AllConsumerServiceRole")).toEqual(
      [
        `managed ${basic}`,
        `secretsmanager:GetSecretValue ${secret("chaveiro/itflex/*-??????")}`,
        `execute-api:Invoke ${route("GET/v1/connections/itflex/*/access-token")}`,
      ].sort(),
    );
  });

  it("finds in its environment what the consumer client reads", () => {
    for (const id of ["OneConsumer", "AllConsumer"]) {
      expect(Object.keys(environmentOf(id)).sort()).toEqual(["CHAVEIRO_PREFIX", "CHAVEIRO_URL"]);
      expect(environmentOf(id)["CHAVEIRO_PREFIX"]).toBe("chaveiro");
      expect(textOf(environmentOf(id)["CHAVEIRO_URL"])).toBe("<Api.ApiEndpoint>");
    }
  });

  it("reads from one broker, for its environment names one", () => {
    const { stack: some } = synthesizedStack();
    const second = new TokenBroker(some, "Second", { prefix: "second" });
    const consumer = new LambdaFunction(some, "Consumer", {
      runtime: Runtime.NODEJS_24_X,
      handler: "index.handler",
      code: Code.fromInline("exports.handler = async () => {};"),
    });
    for (const account of ["acme", "other"]) some.broker.grantAccessToken(consumer, `rd-station/${account}`);
    expect(() => second.grantAccessToken(consumer, "rd-station/acme")).toThrow("reads from the broker Chaveiro/Broker");
  });

  it("may be a role", () => {
    expect(linesOf("TaskRole")).toContain(
      `execute-api:Invoke ${route("GET/v1/connections/rd-station-crm/a.b-c_1/access-token")}`,
    );
  });

  it("is granted nothing at a provider that this broker does not serve", () => {
    const { stack: some } = synthesizedStack({ providers: ["rd-station"] });
    const role = new Role(some, "Role", { assumedBy: new ServicePrincipal("ecs-tasks.amazonaws.com") });
    expect(() => some.broker.grantAccessToken(role, "itflex/*")).toThrow("connects no accounts at itflex");
  });

  it("is granted a connection or a provider, and no other pattern", () => {
    const role = new Role(stack, "NobodysRole", { assumedBy: new ServicePrincipal("ecs-tasks.amazonaws.com") });
    for (const pattern of [
      "*",
      "*/*",
      "rd-station",
      "rd-station/a*",
      "clients/rd-station",
      "rd-station/../x",
      "rd-station/acme/b",
    ])
      expect(() => stack.broker.grantAccessToken(role, pattern), pattern).toThrow("is no connection");
  });
});

describe("an operator", () => {
  const one = "v1/connections/*/*";
  const managing = [
    "GET/v1/connections",
    `GET/${one}`,
    `PUT/${one}`,
    `DELETE/${one}`,
    `POST/${one}/authorization`,
    `POST/${one}/refresh`,
  ].map((name) => `execute-api:Invoke ${route(name)}`);
  const denied = (role: string) =>
    [...resources("AWS::IAM::Policy").values()]
      .filter(({ Properties }) => Properties["Roles"].map(textOf).includes(`<${role}>`))
      .flatMap(({ Properties }) => Properties["PolicyDocument"].Statement)
      .filter(({ Effect }) => Effect === "Deny")
      .map(({ Action, Resource }) => `${Action} ${textOf(Resource)}`);

  it("manages connections, and reads neither access tokens nor any secret", () => {
    expect(linesOf("OperatorRole")).toEqual([...managing].sort());
    expect(denied("OperatorRole")).toEqual([`execute-api:Invoke ${route(`GET/${one}/*`)}`]);
  });

  it("and a consumer have policies of their own, which an account has not", () => {
    const account = () => new AccountPrincipal("222222222222");
    expect(() => stack.broker.grantManage(account())).toThrow("Nothing could be granted");
    expect(() => stack.broker.grantAccessToken(account(), "itflex/*")).toThrow("Make a role here");
  });

  it("and a consumer are of this account, for CDK adds no policy to a role of another and does not say so", () => {
    const known = synthesizedStack({ env: { account: "111111111111", region: "sa-east-1" } }).stack;
    const role = (account: string) => Role.fromRoleArn(known, `Of${account}`, `arn:aws:iam::${account}:role/any`);
    const [own, other] = [role("111111111111"), role("222222222222")];
    expect(() => known.broker.grantAccessToken(other, "rd-station/*")).toThrow("Nothing could be granted");
    expect(() => known.broker.grantManage(other)).toThrow("Make a role here");
    expect(known.broker.grantAccessToken(own, "rd-station/*").success).toBe(true);
  });

  it("and a consumer are known to be of this account: by the name alone, any role here could be meant", () => {
    const role = Role.fromRoleArn(stack, "Literal", "arn:aws:iam::222222222222:role/any");
    expect(() => stack.broker.grantAccessToken(role, "rd-station/*")).toThrow("Give the stack an env");
    expect(() => stack.broker.grantManage(role)).toThrow("Give the stack an env");
  });

  it("and a consumer have a role that is known", () => {
    const arn = "arn:aws:lambda:sa-east-1:111111111111:function:any";
    const imported = LambdaFunction.fromFunctionArn(stack, "Imported", arn);
    expect(() => stack.broker.grantAccessToken(imported, "rd-station/*")).toThrow("grant to the role");
    expect(() => stack.broker.grantManage(imported)).toThrow("grant to the role");
  });

  it("and a consumer are two roles: what shows any connection would give any access token", () => {
    const both = new Role(stack, "BothRole", { assumedBy: new ServicePrincipal("ecs-tasks.amazonaws.com") });
    stack.broker.grantAccessToken(both, "itflex/acme");
    expect(() => stack.broker.grantManage(both)).toThrow("Use two roles");
    expect(() => stack.broker.grantAccessToken(operator, "itflex/*")).toThrow("Use two roles");
  });
});
