import { type SynthesizedStack, textOf } from "./synthesized-stack.ts";

type Statement = {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

/** One action on one resource that a role may do, and what a request has to be like for it. */
export type Permission = { readonly action: string; readonly resource: string; readonly conditions: readonly string[] };

/** All that the template lets a role do, by the role's logical id without its hash. Policies that are managed elsewhere count as well. */
export function permissionsOf({ resources }: SynthesizedStack, role: string): readonly Permission[] {
  const permissions: Permission[] = [];
  for (const { Properties } of resources("AWS::IAM::Policy").values()) {
    const roles: readonly unknown[] = Properties["Roles"] ?? [];
    if (!roles.map(textOf).includes(`<${role}>`)) continue;
    permissions.push(...Properties["PolicyDocument"].Statement.flatMap(flatten));
  }
  for (const [id, { Properties }] of resources("AWS::IAM::Role")) {
    if (textOf({ Ref: id }) !== `<${role}>`) continue;
    const managed: readonly unknown[] = Properties["ManagedPolicyArns"] ?? [];
    permissions.push(...managed.map((arn) => ({ action: "managed", resource: textOf(arn), conditions: [] })));
    for (const { PolicyDocument } of Properties["Policies"] ?? []) {
      permissions.push(...PolicyDocument.Statement.flatMap(flatten));
    }
  }
  return permissions;
}

/** A permission as one line. */
export function describePermission({ action, resource, conditions }: Permission): string {
  return [`${action} ${resource}`, ...conditions].join(" if ");
}

/** A statement that allows, as every action on every resource that it names. */
export function flatten({ Effect, Action, Resource, Condition = {} }: Statement): readonly Permission[] {
  if (Effect !== "Allow") return [];
  const conditions = Object.entries(Condition)
    .flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => `${key} ${operator} ${[values].flat().map(textOf).join(", ")}`),
    )
    .sort();
  const actions = typeof Action === "string" ? [Action] : Action;
  const resources = Array.isArray(Resource) ? Resource : [Resource];
  return actions.flatMap((action) => resources.map((resource) => ({ action, resource: textOf(resource), conditions })));
}
