import { awsError, constraintError } from "./aws-error.ts";
import type { JsonObject } from "./aws-service.ts";

type Limits = { readonly min?: number; readonly max?: number };

function mistyped(name: string, expected: string): Error {
  return awsError("SerializationException", `${name} has the wrong type: send ${expected}.`);
}

function checkLength(name: string, length: number, limits: Limits): void {
  if (limits.min !== undefined && length < limits.min)
    throw constraintError(name, `Member must have length greater than or equal to ${limits.min}`);
  if (limits.max !== undefined && length > limits.max)
    throw constraintError(name, `Member must have length less than or equal to ${limits.max}`);
}

/** Reads a string member; undefined where it is absent or null. Lengths are in characters. */
export function text(input: JsonObject, name: string, limits: Limits = {}): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw mistyped(name, "a string");
  checkLength(name, value.length, limits);
  return value;
}

/** Reads a string member that must be there. */
export function requiredText(input: JsonObject, name: string, limits: Limits = {}): string {
  const value = text(input, name, limits);
  if (value === undefined) throw constraintError(name, "Member must not be null");
  return value;
}

/** Reads a boolean member; absent is undefined. */
export function flag(input: JsonObject, name: string): boolean | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw mistyped(name, "a boolean");
  return value;
}

/** Reads a whole number between the limits, both inclusive; absent is undefined. */
export function integer(input: JsonObject, name: string, limits: Limits = {}): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value)) throw mistyped(name, "a whole number");
  if (limits.min !== undefined && value < limits.min)
    throw constraintError(name, `Member must have value greater than or equal to ${limits.min}`);
  if (limits.max !== undefined && value > limits.max)
    throw constraintError(name, `Member must have value less than or equal to ${limits.max}`);
  return value;
}

/** Reads a blob member, which travels as base64; absent is undefined. Lengths are in bytes. */
export function blob(input: JsonObject, name: string, limits: Limits = {}): Buffer | undefined {
  const value = text(input, name);
  if (value === undefined) return undefined;
  const bytes = Buffer.from(value, "base64");
  if (bytes.toString("base64").replace(/=+$/, "") !== value.replace(/=+$/, "")) throw mistyped(name, "base64");
  checkLength(name, bytes.length, limits);
  return bytes;
}

function list(input: JsonObject, name: string, limits: Limits): readonly unknown[] | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw mistyped(name, "a list");
  checkLength(name, value.length, limits);
  return value;
}

/** Reads a list of strings; absent is undefined. The limits are those of the list's length. */
export function texts(input: JsonObject, name: string, limits: Limits = {}): readonly string[] | undefined {
  return list(input, name, limits)?.map((item) => {
    if (typeof item !== "string") throw mistyped(name, "a list of strings");
    return item;
  });
}

/** Tells whether a parsed JSON value is an object, not an array and not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads a list of objects; absent is undefined. The limits are those of the list's length. */
export function objects(input: JsonObject, name: string, limits: Limits = {}): readonly JsonObject[] | undefined {
  return list(input, name, limits)?.map((item) => {
    if (!isJsonObject(item)) throw mistyped(name, "a list of structures");
    return item;
  });
}

/** Reads a map from string to string; absent is the empty map. */
export function textMap(input: JsonObject, name: string): ReadonlyMap<string, string> {
  const value = input[name] ?? {};
  if (!isJsonObject(value)) throw mistyped(name, "a map of strings");
  return new Map(
    Object.entries(value).map(([key, item]) => {
      if (typeof item !== "string") throw mistyped(name, "a map of strings");
      return [key, item];
    }),
  );
}
