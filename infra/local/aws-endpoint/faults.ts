import * as v from "valibot";
import type { AwsService } from "./aws-service.ts";

const faultList = v.array(
  v.strictObject({
    service: v.picklist(["dynamodb", "secretsmanager", "kms", "events"]),
    operation: v.string(),
    error: v.optional(v.string()),
    entry_error: v.optional(v.string()),
    status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)), 400),
    times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
    after: v.optional(v.boolean(), false),
    delay_milliseconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(300_000)), 0),
  }),
);

/** One fault as `PUT /_local/faults` takes it; `local-routes.ts` says what the members do. */
export type Fault = v.InferOutput<typeof faultList>[number];

export type Faults = {
  /** Replaces the list. Throws an error with a message for people where it is not one. */
  readonly replace: (list: unknown) => void;
  /** What is still to come. */
  readonly list: () => readonly Fault[];
  /** The fault that this request meets, if any; it counts as met. The first in the list wins. */
  readonly meet: (service: AwsService["name"], operation: string) => Fault | undefined;
};

/** Makes an empty list of faults. */
export function createFaults(): Faults {
  let faults: readonly Fault[] = [];
  return {
    replace: (list) => {
      const parsed = v.safeParse(faultList, list);
      if (!parsed.success) {
        const [issue] = parsed.issues;
        throw new Error(`${v.getDotPath(issue) ?? "The body"}: ${issue.message}`);
      }
      faults = parsed.output;
    },
    list: () => faults,
    meet: (service, operation) => {
      const met = faults.find((fault) => fault.service === service && ["*", operation].includes(fault.operation));
      if (met === undefined) return undefined;
      faults = faults.flatMap((fault) => {
        if (fault !== met) return fault;
        return fault.times > 1 ? { ...fault, times: fault.times - 1 } : [];
      });
      return met;
    },
  };
}
