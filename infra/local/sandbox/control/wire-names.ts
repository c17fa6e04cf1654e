type Camel<Name> = Name extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Name;
type Snake<Name> = Name extends `${infer Head}${infer Tail}`
  ? Head extends Uppercase<Head>
    ? Head extends Lowercase<Head>
      ? `${Head}${Snake<Tail>}`
      : `_${Lowercase<Head>}${Snake<Tail>}`
    : `${Head}${Snake<Tail>}`
  : Name;

/** The same object with its own keys (not those of objects in it) in camelCase. */
export type CamelKeys<Value> = Value extends object
  ? { readonly [Key in keyof Value as Camel<Key>]: Value[Key] }
  : Value;
/** The same object with its own keys in snake_case. */
export type SnakeKeys<Value> = Value extends object
  ? { readonly [Key in keyof Value as Snake<Key>]: Value[Key] }
  : Value;

function renameKeys(value: object, rename: (key: string) => string): object {
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [rename(key), member]));
}

/** From the control API's names to ours; one level deep, so that records keyed by data stay as they are. */
export function camelKeys<Value extends object>(value: Value): CamelKeys<Value> {
  return renameKeys(value, (key) => key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())) as CamelKeys<Value>;
}

/** From our names to the control API's; one level deep. */
export function snakeKeys<Value extends object>(value: Value): SnakeKeys<Value> {
  return renameKeys(value, (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)) as SnakeKeys<Value>;
}
