import { Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { TokenBroker, type TokenBrokerProps } from "./token-broker.ts";

/** A stack that is a broker, and tells what has to be registered and configured elsewhere. */
export class TokenBrokerStack extends Stack {
  readonly broker: TokenBroker;

  constructor(scope: Construct, id: string, props: TokenBrokerProps & StackProps = {}) {
    super(scope, id, {
      description: "chaveiro: keeps OAuth connections alive",
      // Connections outlive deployments, and nobody can give a stack back what `cdk destroy` took by mistake.
      terminationProtection: true,
      ...props,
    });
    this.broker = new TokenBroker(this, "Broker", props);
    // Nothing else is in this stack, so that its outputs can have the names that the documentation calls them.
    for (const output of this.broker.outputs) output.overrideLogicalId(output.node.id.replace(/\W/g, ""));
  }
}
