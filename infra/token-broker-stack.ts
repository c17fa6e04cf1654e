import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
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
    const { url, table, bus, providers, api, prefix } = this.broker;
    new CfnOutput(this, "ApiUrl", { description: "What CHAVEIRO_URL is to consumers", value: url });
    new CfnOutput(this, "TableName", { description: "The table of connections", value: table.tableName });
    new CfnOutput(this, "BusName", { description: "Where rules find the broker's events", value: bus.eventBusName });
    new CfnOutput(this, "SecretPrefix", { description: "What the names of its secrets begin with", value: prefix });
    for (const provider of providers) {
      const callbackUrl = this.broker.callbackUrl(provider);
      if (callbackUrl === undefined) continue;
      new CfnOutput(this, `CallbackUrl-${provider}`, {
        description: `Register this as the callback URL of your app at ${provider}`,
        value: callbackUrl,
      });
    }
    if (api.domainTarget === undefined) return;
    new CfnOutput(this, "DomainTarget", {
      description: "What your domain's CNAME or alias record has to point to",
      value: api.domainTarget,
    });
  }
}
