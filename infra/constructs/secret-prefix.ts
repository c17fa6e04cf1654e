import { Token } from "aws-cdk-lib";
import { providerNames } from "./providers.ts";

/**
 * Checks what the names of a broker's secrets begin with. A `*` of IAM goes over slashes: with the prefix
 * `chaveiro/rd-station`, all secrets of this broker would be among what the broker with the prefix `chaveiro` lets consumers
 * of `rd-station/*` read.
 *
 * @throws Error where a segment is the name of a provider
 */
export function secretPrefix(text: string): string {
  const segments = Token.isUnresolved(text) ? [] : text.split("/");
  const provider = segments.find((segment) => providerNames.some((name) => name === segment));
  if (provider === undefined) return text;
  throw new Error(
    `No segment of prefix may be the name of a provider, as ${provider} in ${text} is. Choose another one.`,
  );
}
