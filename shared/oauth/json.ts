export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses JSON that somebody else wrote. Undefined where it does not parse; the SyntaxError is dropped on purpose,
 * because its message quotes the text and the text may hold tokens.
 */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a parsed value is an object, and no array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
