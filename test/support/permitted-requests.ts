import type { Permission } from "./policy-statements.ts";
import type { Exchange } from "./recording-proxy.ts";

/** A request to AWS as IAM looks at it. */
type Asked = {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request that permissions may be conditional on. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
};

const services: Readonly<Record<string, string>> = {
  DynamoDB_20120810: "dynamodb",
  secretsmanager: "secretsmanager",
  TrentService: "kms",
  AWSEvents: "events",
};

/** What a request asks for, in the words of the template: `<Table.Arn>`. */
export function askedFor({ requestHeaders, requestBody }: Exchange): Asked {
  const [prefix = "", operation = ""] = (requestHeaders.get("x-amz-target") ?? "").split(".");
  const service = services[prefix] ?? prefix;
  const body = JSON.parse(requestBody);
  const action = `${service}:${operation}`;
  switch (service) {
    case "dynamodb": {
      const index = body.IndexName === undefined ? "" : `/index/${body.IndexName}`;
      const items = body.RequestItems?.chaveiro?.Keys ?? [body.Key ?? body.Item ?? {}];
      const leading = items.flatMap((item: { readonly pk?: { readonly S: string } }) => item.pk?.S ?? []);
      return { action, resource: `<Table.Arn>${index}`, keys: { "dynamodb:LeadingKeys": leading } };
    }
    case "kms":
      return {
        action,
        resource: "<Key.Arn>",
        keys: Object.fromEntries(
          Object.entries(body.EncryptionContext ?? {}).map(([key, value]) => [
            `kms:EncryptionContext:${key}`,
            [String(value)],
          ]),
        ),
      };
    case "secretsmanager": {
      const [, client] = /^chaveiro\/clients\/(.+)$/.exec(body.SecretId ?? "") ?? [];
      const named = `arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${body.SecretId ?? body.Name}`;
      return {
        action,
        resource: client === undefined ? `${named}-AbCdEf` : `<Clients${client.replaceAll("-", "")}>`,
        keys: {},
      };
    }
    default:
      return {
        action,
        resource: "<Bus.Arn>",
        keys: { "events:source": body.Entries.map((entry: { readonly Source: string }) => entry.Source) },
      };
  }
}

/** True where one of the permissions lets a role do what is asked for. */
export function isPermitted(permissions: readonly Permission[], asked: Asked): boolean {
  return permissions.some(
    ({ action, resource, conditions }) =>
      action === asked.action &&
      matches(resource, asked.resource) &&
      conditions.every((condition) => holds(condition, asked)),
  );
}

function holds(condition: string, { keys }: Asked): boolean {
  const [, key = "", operator = "", values = ""] = /^(\S+) (\S+) (.*)$/.exec(condition) ?? [];
  const given = keys[key] ?? [];
  if (operator === "Null") return (given.length === 0) === (values === "true");
  const isOne = (value: string) => values.split(", ").some((pattern) => matches(pattern, value));
  return operator.startsWith("ForAllValues:") ? given.every(isOne) : given.length > 0 && given.every(isOne);
}

/** As IAM matches: `*` is anything, slashes too, and `?` one character. */
function matches(pattern: string, value: string): boolean {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(value);
}
