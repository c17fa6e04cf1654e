import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, type StackProps } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import cdk from "../../cdk.json" with { type: "json" };
import type { TokenBrokerProps } from "../../infra/token-broker.ts";
import { TokenBrokerStack } from "../../infra/token-broker-stack.ts";

export type Resource = {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of a hundred shapes, each of which a test asserts; a type for all of them would be CloudFormation's schema.
  readonly Properties: Readonly<Record<string, any>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
  readonly Metadata?: { readonly cdk_nag?: { readonly rules_to_suppress: readonly unknown[] } };
};

export type SynthesizedStack = {
  readonly stack: TokenBrokerStack;
  readonly template: Template;
  /** Resources of a type, by their logical id. */
  resources(type: string): ReadonlyMap<string, Resource>;
  /** The only resource of a type. */
  only(type: string): Resource;
  outputs(): Readonly<Record<string, unknown>>;
};

/**
 * Synthesizes the stack as the CDK's command does.
 *
 * @param change adds to the stack
 * @param outside makes properties out of what is not in the stack
 */
export function synthesizedStack(
  props: TokenBrokerProps & StackProps = {},
  change: (stack: TokenBrokerStack) => void = () => {},
  outside: (app: App) => TokenBrokerProps = () => ({}),
): SynthesizedStack {
  const outdir = mkdtempSync(join(tmpdir(), "chaveiro-synth-"));
  const app = new App({ outdir, context: { ...cdk.context, "aws:cdk:disable-asset-staging": true } });
  const stack = new TokenBrokerStack(app, "Chaveiro", { ...props, ...outside(app) });
  change(stack);
  const template = Template.fromStack(stack);
  rmSync(outdir, { recursive: true });
  const resources = (type: string) => new Map(Object.entries(template.findResources(type)) as [string, Resource][]);
  return {
    stack,
    template,
    resources,
    only(type) {
      const [found, ...others] = resources(type).values();
      if (found === undefined || others.length > 0) throw new Error(`There is not one ${type}.`);
      return found;
    },
    outputs: () =>
      Object.fromEntries(
        Object.entries(template.toJSON()["Outputs"] ?? {}).map(([name, output]) => [
          name,
          (output as { readonly Value: unknown }).Value,
        ]),
      ),
  };
}

/** A value of the template as text: `<Table>` for a reference, `<Table.Arn>` for an attribute, without the hash of a logical id. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return String(value);
  if ("Ref" in value) return `<${withoutHash(String(value.Ref))}>`;
  if ("Fn::GetAtt" in value) {
    const [resource, attribute] = value["Fn::GetAtt"] as readonly [string, string];
    return `<${withoutHash(resource)}.${attribute}>`;
  }
  if ("Fn::Join" in value) {
    const [separator, parts] = value["Fn::Join"] as readonly [string, readonly unknown[]];
    return parts.map(textOf).join(separator);
  }
  return JSON.stringify(value);
}

function withoutHash(logicalId: string): string {
  return logicalId.replace(/^Broker/, "").replace(/[0-9A-F]{8}$/, "");
}
