import { Token } from "aws-cdk-lib";
import { readConfig } from "../../shared/runtime/config.ts";

/** In place of what is required and only known when it is deployed. */
const known = {
  TABLE_NAME: "table",
  KEY_ID: "key",
  EVENT_BUS_NAME: "bus",
  PUBLIC_URL: "https://broker.invalid",
} as const;

/** Lambda takes so many bytes of names and values together; what is not known yet is an ARN or a URL. */
const mostBytes = 4096;
const unknownBytes = 128;

/**
 * Reads an environment as the functions will read it, so that what they would not start with is an error of `cdk synth`.
 * Values that are only known when they are deployed are taken as good.
 *
 * @returns the environment
 * @throws Error that names what has to be corrected
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export function checkedEnvironment(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const resolved = Object.entries(environment).filter(([, text]) => !Token.isUnresolved(text));
  try {
    readConfig({ ...known, ...Object.fromEntries(resolved) });
  } catch (error) {
    throw new Error(`The functions would not start with these properties. ${(error as Error).message}`, {
      cause: error,
    });
  }
  const bytes = Object.entries(environment)
    .map(([name, text]) => name.length + (Token.isUnresolved(text) ? unknownBytes : Buffer.byteLength(text)))
    .reduce((sum, one) => sum + one);
  if (bytes > mostBytes) {
    throw new Error(
      `The functions' environment has ${bytes} bytes, and Lambda takes ${mostBytes}. Give fewer returnToOrigins, or fewer certificates in CUSTOMER_AUTHORITIES.`,
    );
  }
  return environment;
}
