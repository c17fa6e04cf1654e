import { Stack, Validations } from "aws-cdk-lib";
import type { Construct } from "constructs";

/**
 * Says of a wildcard in a policy why it is as narrow as it can be.
 *
 * @param scope the role
 * @param resource the ARN with the wildcard
 */
export function acknowledgeWildcard(scope: Construct, resource: string, reason: string): void {
  const finding = nameOf(Stack.of(scope).resolve(resource));
  Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[Resource::${finding}]`, reason });
}

/** What cdk-nag calls a value: `<AWS::Region>` stands for what is known in the template only. */
function nameOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return String(value);
  if ("Ref" in value) return `<${String(value.Ref)}>`;
  const [separator, parts] = (value as { readonly "Fn::Join": readonly [string, readonly unknown[]] })["Fn::Join"];
  return parts.map(nameOf).join(separator);
}
