import { Stack } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import type { EventBus } from "aws-cdk-lib/aws-events";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { Key } from "aws-cdk-lib/aws-kms";
import { acknowledgeWildcard } from "./acknowledge.ts";
import { connectionContext } from "./connection-key.ts";
import { indexes } from "./connection-table.ts";
import { type ProviderName, providers } from "./providers.ts";
import type { FunctionName } from "./routes.ts";

export type Resources = {
  readonly table: Table;
  readonly key: Key;
  readonly bus: EventBus;
  readonly clientSecretArns: readonly string[];
  readonly prefix: string;
  readonly providers: readonly ProviderName[];
};

/** Items of the table by what their key begins with. */
type Item = "connection" | "ticket" | "request" | "health";

type Access = {
  /** What it does to which items. */
  readonly items?: Readonly<Partial<Record<ItemAction, readonly Item[]>>>;
  readonly queries?: readonly (keyof typeof indexes)[];
  /** Reads our client credentials. */
  readonly clients?: true;
  /** Opens token sets, publishes access tokens and sends events; `makes`: seals the first one of a connection as well. */
  readonly tokenSets?: "opens" | "makes";
  /** It has to do with providers that accounts are authorized at in a browser, and with no others. */
  readonly inBrowser?: true;
};

type ItemAction = "GetItem" | "BatchGetItem" | "PutItem" | "UpdateItem" | "DeleteItem";

/** What a breaker asks and writes: how the endpoint is doing, and whether a connection is the only one there. */
const breaker = { BatchGetItem: ["connection"], PutItem: ["health"] } as const;

/** What every function does. Nothing else is allowed to it. */
const accesses: Readonly<Record<FunctionName, Access>> = {
  health: {},
  connections: { items: { GetItem: ["connection"], BatchGetItem: ["connection"] }, queries: ["byProvider"] },
  authorization: { items: { PutItem: ["ticket"] } },
  start: {
    items: { GetItem: ["ticket", "connection"], UpdateItem: ["ticket"], PutItem: ["request"] },
    clients: true,
  },
  result: { items: { GetItem: ["request", "connection"], UpdateItem: ["request"] } },
  callback: {
    items: { GetItem: ["request", "ticket", "connection"], UpdateItem: ["request", "ticket", "connection"] },
    clients: true,
    tokenSets: "makes",
    inBrowser: true,
  },
  import: {
    items: { GetItem: ["connection"], UpdateItem: ["connection"], DeleteItem: ["connection"] },
    clients: true,
    tokenSets: "makes",
  },
  "access-token": {
    items: { ...breaker, GetItem: ["connection", "health"], UpdateItem: ["connection"] },
    queries: ["byProvider"],
    clients: true,
    tokenSets: "opens",
  },
  refresh: {
    items: {
      ...breaker,
      GetItem: ["connection", "health"],
      UpdateItem: ["connection"],
      DeleteItem: ["connection"],
    },
    queries: ["byProvider", "due"],
    clients: true,
    tokenSets: "opens",
  },
  revoke: {
    items: {
      ...breaker,
      GetItem: ["connection", "health"],
      UpdateItem: ["connection"],
      DeleteItem: ["connection"],
    },
    queries: ["byProvider"],
    clients: true,
    tokenSets: "opens",
  },
};

/** True for the functions that may decrypt a token set. */
export function opensTokenSets(name: FunctionName): boolean {
  return accesses[name].tokenSets !== undefined;
}

/** Gives a function's role the narrowest statements with which it does its work. */
export function permit(role: Role, name: FunctionName, all: Resources): void {
  const { inBrowser = false } = accesses[name];
  const served = all.providers.filter((provider) => !inBrowser || providers[provider].isAuthorizedInBrowser);
  const resources = { ...all, providers: served };
  for (const statement of statementsFor(name, resources)) role.addToPolicy(statement);
  if (!opensTokenSets(name)) return;
  for (const arn of publishedArns(resources)) {
    acknowledgeWildcard(role, arn, "Secrets of one provider's connections: their names come with the connections.");
  }
}

function statementsFor(name: FunctionName, resources: Resources): readonly PolicyStatement[] {
  const { items = {}, queries = [], clients, tokenSets } = accesses[name];
  const statements = [...itemStatements(items, resources), ...queryStatements(queries, resources)];
  if (statements.length > 0) statements.push(tableKeyStatement(resources));
  if (clients === true && resources.clientSecretArns.length > 0) statements.push(clientStatement(resources));
  if (tokenSets !== undefined && resources.providers.length > 0) {
    statements.push(dataKeyStatement(tokenSets, resources), publishStatement(resources), eventStatement(resources));
  }
  return statements;
}

function itemStatements(items: NonNullable<Access["items"]>, { table }: Resources): PolicyStatement[] {
  return Object.entries(items).map(
    ([action, kinds]) =>
      new PolicyStatement({
        actions: [`dynamodb:${action}`],
        resources: [table.tableArn],
        conditions: {
          "ForAllValues:StringLike": { "dynamodb:LeadingKeys": kinds.map((kind) => `${kind}#*`) },
          // Without it, a request that names no key at all would meet the condition above.
          Null: { "dynamodb:LeadingKeys": "false" },
        },
      }),
  );
}

function queryStatements(queries: NonNullable<Access["queries"]>, { table }: Resources): PolicyStatement[] {
  if (queries.length === 0) return [];
  const arns = queries.map((name) => `${table.tableArn}/index/${indexes[name]}`);
  return [new PolicyStatement({ actions: ["dynamodb:Query"], resources: arns })];
}

/** DynamoDB opens a table's key on behalf of whoever asks for an item. This opens nothing else. */
function tableKeyStatement({ key, table }: Resources): PolicyStatement {
  const { region, urlSuffix } = Stack.of(table);
  return new PolicyStatement({
    actions: ["kms:Decrypt"],
    resources: [key.keyArn],
    conditions: {
      StringEquals: {
        "kms:ViaService": `dynamodb.${region}.${urlSuffix}`,
        "kms:EncryptionContext:aws:dynamodb:tableName": table.tableName,
      },
    },
  });
}

/** A data key of a connection at one of our providers, and of nothing else. */
function dataKeyStatement(access: "opens" | "makes", { key, providers: served }: Resources): PolicyStatement {
  return new PolicyStatement({
    actions: access === "makes" ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"],
    resources: [key.keyArn],
    conditions: { StringLike: { [connectionContext]: served.map((provider) => `${provider}/*`) } },
  });
}

function clientStatement({ clientSecretArns }: Resources): PolicyStatement {
  return new PolicyStatement({ actions: ["secretsmanager:GetSecretValue"], resources: [...clientSecretArns] });
}

/** Also where publishing is off: what was published before has to be replaced when its connection is revoked. */
function publishStatement(resources: Resources): PolicyStatement {
  return new PolicyStatement({
    actions: ["CreateSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"].map(
      (action) => `secretsmanager:${action}`,
    ),
    resources: publishedArns(resources),
  });
}

function publishedArns({ table, prefix, providers: served }: Resources): string[] {
  return served.map((provider) => secretArn(table, `${prefix}/${provider}/*`));
}

/** The ARN, or a pattern of ARNs, of secrets by their name. */
export function secretArn(scope: Parameters<typeof Stack.of>[0], name: string): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}`;
}

function eventStatement({ bus }: Resources): PolicyStatement {
  return new PolicyStatement({
    actions: ["events:PutEvents"],
    resources: [bus.eventBusArn],
    conditions: { StringEquals: { "events:source": "chaveiro" } },
  });
}
