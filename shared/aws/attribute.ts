import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { BrokerError } from "../broker/error.ts";

/** How values of one type are stored in DynamoDB. */
export type Codec<Value, Stored = AttributeValue> = {
  readonly write: (value: Value) => Stored;
  /**
   * @param name for the message
   * @throws BrokerError `internal_error` where the attribute is not what `write` makes
   */
  readonly read: (attribute: AttributeValue | undefined, name: string) => Value;
};

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** How each member of a type is stored. What `write` gives nothing for is left out. */
export type Codecs<Type> = { readonly [Member in keyof Type]-?: Codec<Type[Member], AttributeValue | undefined> };

/** The one place where names change: `secretName` is stored as `secret_name`. */
export function attributeName(member: string): string {
  return member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Text, or one of a set of words. */
export function text<Value extends string = string>(): Codec<Value> {
  return {
    write: (value) => ({ S: value }),
    read: (attribute, name) => (attribute?.S ?? unreadable(name)) as Value,
  };
}

export const number: Codec<number> = {
  write: (value) => ({ N: String(value) }),
  read: (attribute, name) => Number(attribute?.N ?? unreadable(name)),
};

/** A number that is 0 in items from before it was counted. */
export const count: Codec<number> = {
  write: number.write,
  read: (attribute, name) => (attribute === undefined ? 0 : number.read(attribute, name)),
};

export const flag: Codec<boolean> = {
  write: (value) => ({ BOOL: value }),
  read: (attribute, name) => attribute?.BOOL ?? unreadable(name),
};

/** `null` is stored as nothing at all. */
export function nullable<Value>(codec: Codec<Value>): Codec<Value | null, AttributeValue | undefined> {
  return {
    write: (value) => (value === null ? undefined : codec.write(value)),
    read: (attribute, name) => (attribute === undefined ? null : codec.read(attribute, name)),
  };
}

/** An object with known members. */
export function record<Type>(codecs: Codecs<Type>): Codec<Type> {
  return {
    write: (value) => ({ M: writeMembers(codecs, value) }),
    read: (attribute, name) => readMembers(codecs, attribute?.M ?? unreadable(name), `${name}.`),
  };
}

/** An object with members of one kind, whose names are data and stay as they are. */
export function entries<Value>(codec: Codec<Value>): Codec<Readonly<Record<string, Value>>> {
  return {
    write: (values) => ({
      M: present(Object.entries(values).map(([name, value]) => [name, codec.write(value)] as const)),
    }),
    read: (attribute, name) =>
      Object.fromEntries(
        Object.entries(attribute?.M ?? unreadable(name)).map(([member, value]) => [
          member,
          codec.read(value, `${name}.${member}`),
        ]),
      ),
  };
}

/** Stores an object's members under their attribute names. */
export function writeMembers<Type>(codecs: Codecs<Type>, value: Type): Record<string, AttributeValue> {
  return present(
    membersOf(codecs).map((member) => [attributeName(member), codecs[member].write(value[member])] as const),
  );
}

/** @throws BrokerError `internal_error` */
export function readMembers<Type>(codecs: Codecs<Type>, attributes: Attributes, path = ""): Type {
  return Object.fromEntries(
    membersOf(codecs).map((member) => {
      const name = attributeName(member);
      return [member, codecs[member].read(attributes[name], path + name)];
    }),
  ) as Type;
}

function membersOf<Type>(codecs: Codecs<Type>): readonly (keyof Type & string)[] {
  return Object.keys(codecs) as (keyof Type & string)[];
}

function present(
  attributes: readonly (readonly [string, AttributeValue | undefined])[],
): Record<string, AttributeValue> {
  const stored: Record<string, AttributeValue> = {};
  for (const [name, attribute] of attributes) if (attribute !== undefined) stored[name] = attribute;
  return stored;
}

/** For an attribute that is not what was written. @throws BrokerError `internal_error` */
export function unreadable(name: string): never {
  throw new BrokerError(
    "internal_error",
    `A stored item cannot be read: its attribute ${name} is missing or of another type. Restore the item, or remove it.`,
  );
}
