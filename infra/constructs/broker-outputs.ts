import { CfnOutput } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { ProviderName } from "./providers.ts";

export type BrokerOutputsProps = {
  readonly url: string;
  readonly prefix: string;
  readonly table: { readonly tableName: string };
  readonly bus: { readonly eventBusName: string };
  readonly callbackUrls: readonly (readonly [ProviderName, url: string])[];
  /** What a custom domain has to point to, where there is one. */
  readonly domainTarget: string | undefined;
};

/** Tells what has to be registered and configured elsewhere, as outputs of the stack that the broker is in. */
export function brokerOutputs(scope: Construct, props: BrokerOutputsProps): readonly CfnOutput[] {
  const { url, prefix, table, bus, callbackUrls, domainTarget } = props;
  const output = (name: string, description: string, value: string) =>
    new CfnOutput(scope, name, { description, value });
  return [
    output("ApiUrl", "What CHAVEIRO_URL is to consumers", url),
    output("TableName", "The table of connections", table.tableName),
    output("BusName", "Where rules find the broker's events", bus.eventBusName),
    output("SecretPrefix", "What the names of its secrets begin with", prefix),
    ...callbackUrls.map(([provider, callbackUrl]) =>
      output(`CallbackUrl-${provider}`, `Register this as the callback URL of your app at ${provider}`, callbackUrl),
    ),
    ...(domainTarget === undefined
      ? []
      : [output("DomainTarget", "What your domain's CNAME or alias record has to point to", domainTarget)]),
  ];
}
