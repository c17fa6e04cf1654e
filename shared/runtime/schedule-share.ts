import * as v from "valibot";
import { usualShards } from "../aws/table-definition.ts";
import { type SweepShare, wholeSweep } from "../broker/sweep-share.ts";

/** What a schedule without an input of its own sends. Events that say so are EventBridge's, and name no share. */
const sentByDefault = v.object({ "detail-type": v.literal("Scheduled Event") });

const input = v.pipe(
  v.strictObject({
    share: v.pipe(v.number(), v.integer(), v.minValue(0)),
    of: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(usualShards)),
  }),
  v.check(({ share, of }) => share < of),
);

/**
 * Reads which share of a sweep a schedule does from the input that its target has: `{"share": 0, "of": 2}` and
 * `{"share": 1, "of": 2}` make two schedules that do the work of one. A schedule without an input does all of it.
 *
 * @throws Error where the event is neither. Correct the schedule's input; what it has to do stays due.
 */
export function readShare(event: unknown): SweepShare {
  if (v.is(sentByDefault, event)) return wholeSweep;
  const result = v.safeParse(input, event);
  if (result.success) return result.output;
  throw new Error(
    `A schedule's input has to be {"share": <which, from 0>, "of": <how many, 1 to ${usualShards}>}, or nothing at all for ` +
      "a schedule that is the only one.",
  );
}

/** The shards of the due index that are a share's. Every shard is one share's and no other's. */
export function shardsOf({ share, of }: SweepShare): readonly number[] {
  return Array.from({ length: usualShards }, (_, shard) => shard).filter((shard) => shard % of === share);
}
