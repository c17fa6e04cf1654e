import * as v from "valibot";
import type { Journal } from "./journal.ts";

export type KeptValue<Value> = {
  get(): Value;
  set(value: Value): void;
  /** Goes back to the initial value. Durable with the journal's next compaction. */
  forget(): void;
};

/**
 * One value that survives a restart once it has been set.
 *
 * @param kind its name in the journal.
 * @param schema what a value read back from the journal has to be; anything else counts as never set.
 */
export function keepValue<Value>(
  journal: Journal,
  kind: string,
  schema: v.GenericSchema<unknown, Value>,
  initial: Value,
): KeptValue<Value> {
  const recordSchema = v.object({ kind: v.literal(kind), value: schema });
  let kept: Value | undefined;
  journal.join({
    restore(record) {
      const read = v.safeParse(recordSchema, record);
      if (read.success) kept = read.output.value;
    },
    snapshot: () => (kept === undefined ? [] : [{ kind, value: kept }]),
  });
  return {
    get: () => kept ?? initial,
    set(value) {
      journal.append([{ kind, value }]);
      kept = value;
    },
    forget() {
      kept = undefined;
    },
  };
}
