import { Validations } from "aws-cdk-lib";
import { CfnSecret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { ProviderName } from "./providers.ts";

/**
 * One secret for our registration at each provider that wants one. They are made without a value: the operator stores
 * `{"client_id":"…","client_secret":"…"}`, so that a client secret is never in a template.
 */
export class ClientSecrets extends Construct {
  readonly arns: readonly string[];

  constructor(
    scope: Construct,
    id: string,
    props: { readonly prefix: string; readonly providers: readonly ProviderName[] },
  ) {
    super(scope, id);
    this.arns = props.providers.map((provider) => {
      const secret = new CfnSecret(this, provider, {
        name: `${props.prefix}/clients/${provider}`,
        description: `chaveiro: our client credentials at ${provider}, stored by the operator`,
      });
      Validations.of(secret).acknowledge({
        id: "AwsSolutions-SMG4",
        reason: "Only the provider can issue another client secret. docs/operations.md says how to replace it by hand.",
      });
      return secret.ref;
    });
  }
}
