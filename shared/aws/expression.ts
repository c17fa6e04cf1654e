import type { AttributeValue, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";

/**
 * Collects what one request's expressions refer to. Every name goes through it: attribute names may be reserved words
 * or data, and DynamoDB refuses a request that lists a name it does not use.
 */
export type References = {
  /** @returns what stands for a path of attribute names, outermost first */
  readonly path: (...names: readonly string[]) => string;
  /** @returns what stands for a value */
  readonly value: (value: AttributeValue) => string;
  readonly all: () => Pick<UpdateItemCommandInput, "ExpressionAttributeNames" | "ExpressionAttributeValues">;
};

export function references(): References {
  const names = new Map<string, string>();
  const values: AttributeValue[] = [];
  return {
    path: (...path) => path.map((name) => alias(names, name)).join("."),
    value: (value) => `:v${values.push(value) - 1}`,
    all: () => ({
      ...(names.size > 0 && {
        ExpressionAttributeNames: Object.fromEntries([...names].map(([name, of]) => [of, name])),
      }),
      ...(values.length > 0 && {
        ExpressionAttributeValues: Object.fromEntries(values.map((value, index) => [`:v${index}`, value])),
      }),
    }),
  };
}

function alias(names: Map<string, string>, name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const made = `#n${names.size}`;
  names.set(name, made);
  return made;
}

/** Puts an update expression together; sections without an action are left out. */
export function updateExpression(sections: {
  readonly SET?: readonly string[];
  readonly REMOVE?: readonly string[];
  readonly ADD?: readonly string[];
}): string {
  return Object.entries(sections)
    .filter(([, actions]) => actions.length > 0)
    .map(([section, actions]) => `${section} ${actions.join(", ")}`)
    .join(" ");
}
