import { type BrokerAddress, localUrl } from "../broker/broker-address.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";

/**
 * Two local brokers have a table and secrets each, of which only those of the usual one are known to be at the usual place.
 *
 * @throws CommandError `endpoint_missing` where it is not known which ones belong to the broker
 */
export function requireOwnData(
  { url, isLocal }: BrokerAddress,
  env: Readonly<Record<string, string | undefined>>,
): void {
  if (!isLocal || env["AWS_ENDPOINT_URL"] || new URL(url).port === new URL(localUrl).port) return;
  const message = `It is not known where the broker at ${url} keeps its data.`;
  const advice = "Set AWS_ENDPOINT_URL to the endpoint of AWS that it was started with, http://127.0.0.1:{AWS_PORT}.";
  throw new CommandError("endpoint_missing", exitCodes.usage, message, { advice });
}
