import { Token } from "aws-cdk-lib";
import { readConfig } from "../../shared/runtime/config.ts";

/** In place of what is required and only known when it is deployed. */
const known = {
  TABLE_NAME: "table",
  KEY_ID: "key",
  EVENT_BUS_NAME: "bus",
  PUBLIC_URL: "https://broker.invalid",
} as const;

/**
 * Reads an environment as the functions will read it, so that what they would not start with is an error of `cdk synth`.
 * Values that are only known when they are deployed are taken as good.
 *
 * @returns the environment
 * @throws Error that names what has to be corrected
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
  return environment;
}
