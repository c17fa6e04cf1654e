import type { Secret } from "./secret.ts";

export const filterKeys = [
  "description",
  "name",
  "tag-key",
  "tag-value",
  "primary-region",
  "owning-service",
  "all",
] as const;

export type SecretFilter = { readonly key: string; readonly values: readonly string[] };

/**
 * Tells whether a secret passes all filters of `ListSecrets` or `BatchGetSecretValue`. A filter passes when one of its
 * values does; a value that starts with `!` passes where the rest does not.
 */
export function passesFilters(secret: Secret, filters: readonly SecretFilter[]): boolean {
  return filters.every(({ key, values }) =>
    values.some((value) =>
      value.startsWith("!") ? !matches(secret, key, value.slice(1)) : matches(secret, key, value),
    ),
  );
}

/** Names and tags match by their beginning, with case; descriptions by the beginnings of their words, without. */
function matches(secret: Secret, key: string, value: string): boolean {
  switch (key) {
    case "name":
      return secret.name.startsWith(value);
    case "tag-key":
      return secret.tags.some((tag) => tag.Key.startsWith(value));
    case "tag-value":
      return secret.tags.some((tag) => tag.Value.startsWith(value));
    case "description":
      return wordsBegin(words(secret.description ?? ""), value);
    case "all":
      return wordsBegin(
        [secret.name, secret.description ?? "", ...secret.tags.flatMap((tag) => [tag.Key, tag.Value])].flatMap(words),
        value,
      );
    default:
      // Replicas and owning services do not exist here.
      return false;
  }
}

function words(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

function wordsBegin(haystack: readonly string[], value: string): boolean {
  return words(value).every((wanted) => haystack.some((word) => word.startsWith(wanted)));
}
