import { awsError, constraintError, secretsManagerError } from "./aws-error.ts";
import type { JsonObject } from "./aws-service.ts";
import { integer, objects, requiredText, text } from "./request-members.ts";
import type { Secret, Tag } from "./secret.ts";
import { requestedSecretId } from "./secret-names.ts";
import type { SecretStore } from "./secret-store.ts";

/** Finds the secret that a request names; throws ResourceNotFoundException. It may be scheduled for deletion. */
export function requestedSecret(store: SecretStore, input: JsonObject): Secret {
  const secret = store.find(requestedSecretId(input));
  if (secret === undefined)
    throw secretsManagerError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  return secret;
}

/** As `requestedSecret`, and throws InvalidRequestException where it is scheduled for deletion. */
export function requestedLiveSecret(store: SecretStore, input: JsonObject): Secret {
  const secret = requestedSecret(store, input);
  if (secret.deletion !== undefined)
    throw secretsManagerError(
      "InvalidRequestException",
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  return secret;
}

/** Reads the token that becomes the id of a new version; the SDKs and the CLI always send one. */
export function requestedVersionId(input: JsonObject): string {
  const token = text(input, "ClientRequestToken");
  if (token === undefined)
    throw secretsManagerError(
      "InvalidRequestException",
      "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
    );
  if (token.length < 32 || token.length > 64)
    throw secretsManagerError("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.");
  return token;
}

/** Reads `Tags`; the last of two with the same key counts. */
export function requestedTags(input: JsonObject): readonly Tag[] {
  return (objects(input, "Tags") ?? []).map((tag) => ({
    Key: requiredText(tag, "Key", { min: 1, max: 128 }),
    Value: text(tag, "Value", { max: 256 }) ?? "",
  }));
}

/** Adds tags to others, replacing those with the same key. Throws LimitExceededException above 50. */
export function mergedTags(before: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = [...new Map([...before, ...added].map((tag) => [tag.Key, tag])).values()];
  if (merged.length > 50) throw secretsManagerError("LimitExceededException", "A secret can have at most 50 tags.");
  return merged;
}

/** Reads `KmsKeyId`; the empty string and `alias/aws/secretsmanager` are the default key, which is undefined. */
export function requestedKmsKeyId(input: JsonObject): string | undefined {
  const id = text(input, "KmsKeyId", { max: 2048 });
  return id === "" || id === "alias/aws/secretsmanager" ? undefined : id;
}

/** Throws for members of the API that are not done here, so that nobody believes they were. */
export function refuseMembers(input: JsonObject, members: readonly string[]): void {
  for (const member of members)
    if (input[member] != null && input[member] !== false)
      throw secretsManagerError("InvalidParameterException", `The local endpoint has no ${member}: leave it out.`);
}

/**
 * Cuts the page out of a list that a request with `MaxResults` and `NextToken` asks for.
 *
 * @returns the page, and `NextToken` where there is more.
 */
export function page<T>(
  input: JsonObject,
  items: readonly T[],
  largest: number,
): { readonly items: readonly T[]; readonly NextToken: string | undefined } {
  const size = integer(input, "MaxResults", { min: 1, max: largest }) ?? largest;
  const token = text(input, "NextToken");
  const start = token === undefined ? 0 : Number(Buffer.from(token, "base64url").toString());
  if (!Number.isInteger(start) || start < 0)
    throw secretsManagerError("InvalidNextTokenException", "The NextToken value is invalid: start again without it.");
  const end = start + size;
  return {
    items: items.slice(start, end),
    NextToken: end < items.length ? Buffer.from(String(end)).toString("base64url") : undefined,
  };
}

/** Reads the `Filters` of a listing: key and values. Throws ValidationException for an unknown key. */
export function requestedFilters(
  input: JsonObject,
  keys: readonly string[],
): readonly { readonly key: string; readonly values: readonly string[] }[] {
  return (objects(input, "Filters", { max: 10 }) ?? []).map((filter) => {
    const key = requiredText(filter, "Key");
    if (!keys.includes(key)) throw constraintError("Key", `Member must satisfy enum value set: [${keys.join(", ")}]`);
    const values = filter["Values"];
    if (!Array.isArray(values) || !values.every((value) => typeof value === "string") || values.length === 0)
      throw awsError("ValidationException", "Filters must have Values, a list of strings.");
    return { key, values };
  });
}
