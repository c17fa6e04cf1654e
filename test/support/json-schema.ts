import { isDeepStrictEqual } from "node:util";

/** The part of JSON Schema (draft 2020-12) that the schemas of our events use. */
export type Schema = {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly type?: "object" | "string" | "integer";
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minLength?: number;
  readonly minimum?: number;
  readonly pattern?: string;
  readonly format?: "date-time";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
};

type Keyword = keyof Schema;

const types: Readonly<Record<NonNullable<Schema["type"]>, (value: unknown) => boolean>> = {
  object: isObject,
  string: (value) => typeof value === "string",
  integer: Number.isInteger,
};

/** What a keyword asks of a value. The annotations ask for nothing. */
const checks: Readonly<Record<Keyword, (value: unknown, schema: Schema) => boolean>> = {
  $schema: () => true,
  $id: () => true,
  title: () => true,
  description: () => true,
  examples: () => true,
  type: (value, { type }) => type === undefined || types[type](value),
  const: (value, schema) => isDeepStrictEqual(value, schema.const),
  enum: (value, schema) => schema.enum?.some((allowed) => isDeepStrictEqual(value, allowed)) === true,
  minLength: (value, { minLength = 0 }) => typeof value !== "string" || [...value].length >= minLength,
  minimum: (value, { minimum = 0 }) => typeof value !== "number" || value >= minimum,
  pattern: (value, { pattern = "" }) => typeof value !== "string" || new RegExp(pattern, "u").test(value),
  format: (value) => typeof value !== "string" || isDateTime(value),
  properties: () => true,
  required: (value, { required = [] }) => !isObject(value) || required.every((name) => Object.hasOwn(value, name)),
  additionalProperties: (value, { properties = {} }) =>
    !isObject(value) || Object.keys(value).every((name) => Object.hasOwn(properties, name)),
};

/**
 * Checks a value against a schema.
 *
 * @returns where it is not as the schema says, as `/status: enum`; empty where it is
 * @throws where the schema has a keyword that is not checked here: nothing of a schema is skipped silently
 */
export function schemaProblems(schema: Schema, value: unknown, path = ""): readonly string[] {
  const own = Object.keys(schema).flatMap((keyword) => {
    const check = checks[keyword as Keyword];
    if (check === undefined) throw new Error(`The keyword ${keyword} at ${path || "/"} is not known here.`);
    return check(value, schema) ? [] : [`${path || "/"}: ${keyword}`];
  });
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    isObject(value) && Object.hasOwn(value, name) ? schemaProblems(member, value[name], `${path}/${name}`) : [],
  );
  return [...own, ...members];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** RFC 3339, section 5.6. */
function isDateTime(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text))
  );
}
