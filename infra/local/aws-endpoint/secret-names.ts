import { randomInt } from "node:crypto";
import { awsError } from "./aws-error.ts";
import { type JsonObject, localAccount } from "./aws-service.ts";
import { requiredText } from "./request-members.ts";

const suffixCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function checkName(name: string): string {
  if (!/^[A-Za-z0-9/_+=.@!-]+$/.test(name))
    throw awsError(
      "ValidationException",
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    );
  return name;
}

/** Reads the name of a secret to be made; throws ValidationException where AWS does not allow it. */
export function newSecretName(input: JsonObject): string {
  return checkName(requiredText(input, "Name", { min: 1, max: 512 }));
}

/** Reads `SecretId`: a name, an ARN or an ARN without its suffix. */
export function requestedSecretId(input: JsonObject): string {
  const id = requiredText(input, "SecretId", { min: 1, max: 2048 });
  return id.startsWith("arn:") ? id : checkName(id);
}

/** Makes the ARN of a new secret, with the six random characters that tell it from an earlier secret of that name. */
export function newSecretArn(name: string, region: string): string {
  const suffix = Array.from({ length: 6 }, () => suffixCharacters.charAt(randomInt(suffixCharacters.length))).join("");
  return `arn:aws:secretsmanager:${region}:${localAccount}:secret:${name}-${suffix}`;
}

/**
 * Gives the name in an ARN without suffix; undefined for anything else. An ARN that ends in a hyphen and six
 * characters counts as complete, as on AWS.
 */
export function nameInPartialArn(arn: string): string | undefined {
  if (/-[A-Za-z0-9]{6}$/.test(arn)) return undefined;
  return /^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)$/.exec(arn)?.[1];
}
