import * as v from "valibot";
import { type CamelKeys, camelKeys } from "../control/wire-names.ts";
import type { Journal } from "./journal.ts";
import { keepValue } from "./kept-value.ts";

/** The settings of a provider whose control schema has these (all optional) entries. */
export type SettingsOf<Entries extends v.ObjectEntries> = CamelKeys<
  Required<v.InferOutput<v.StrictObjectSchema<Entries, undefined>>>
>;

export type Settings<Entries extends v.ObjectEntries> = {
  readonly schema: v.StrictObjectSchema<Entries, undefined>;
  get(): SettingsOf<Entries>;
  /** Sets what is given and leaves the rest. */
  change(change: v.InferOutput<v.StrictObjectSchema<Entries, undefined>>): SettingsOf<Entries>;
  forget(): void;
};

/**
 * A provider's switches. What was changed at run time survives a restart and wins over the defaults.
 *
 * @param entries the schema of the control API's body.
 * @param defaults in force as long as nothing else was set.
 */
export function createSettings<const Entries extends v.ObjectEntries>(
  journal: Journal,
  entries: Entries,
  defaults: SettingsOf<Entries>,
): Settings<Entries> {
  type Change = v.InferOutput<v.StrictObjectSchema<Entries, undefined>>;
  const schema = v.strictObject(entries);
  const changed = keepValue<Change | undefined>(journal, "settings", v.optional(schema), undefined);
  let current = defaults;
  let read: Change | undefined;

  function get(): SettingsOf<Entries> {
    const latest = changed.get();
    if (latest !== read) {
      current = { ...defaults, ...(latest === undefined ? {} : camelKeys(latest as object)) };
      read = latest;
    }
    return current;
  }

  return {
    schema,
    get,
    forget: changed.forget,
    change(change) {
      changed.set({ ...changed.get(), ...change } as Change);
      return get();
    },
  };
}
