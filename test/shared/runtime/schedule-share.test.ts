import { describe, expect, it } from "vitest";
import { readShare, shardsOf } from "../../../shared/runtime/schedule-share.ts";

/** What EventBridge Scheduler sends where a schedule's target has no input. */
const withoutInput = {
  version: "0",
  id: "b3a4bd5e-0000-4000-8000-000000000000",
  "detail-type": "Scheduled Event",
  source: "aws.scheduler",
  account: "123456789012",
  time: "2026-11-21T18:00:00Z",
  region: "sa-east-1",
  resources: ["arn:aws:scheduler:sa-east-1:123456789012:schedule/default/chaveiro"],
  detail: "{}",
};

describe("a schedule's share", () => {
  it("is everything where its target has no input", () => {
    expect(readShare(withoutInput)).toEqual({ share: 0, of: 1 });
  });

  it.each([
    { share: 0, of: 1 },
    { share: 0, of: 2 },
    { share: 1, of: 2 },
    { share: 2, of: 3 },
    { share: 3, of: 4 },
  ])("is what the input says: %o", (input) => {
    expect(readShare(input)).toEqual(input);
  });

  it.each([
    [{}],
    [{ share: 0 }],
    [{ of: 2 }],
    [{ share: 2, of: 2 }],
    [{ share: -1, of: 2 }],
    [{ share: 0.5, of: 2 }],
    [{ share: 0, of: 0 }],
    [{ share: 0, of: 5 }],
    [{ share: "0", of: "2" }],
    [{ share: null, of: 2 }],
    [{ share: 0, of: 2, shards: [0, 1] }],
    [{ shard: 0, of: 2 }],
    [{ ...withoutInput, "detail-type": "Something Else" }],
    [[0, 2]],
    ["everything"],
    [1],
    [null],
    [undefined],
  ])("is not guessed: %j", (input) => {
    expect(() => readShare(input)).toThrow(/\{"share": .*, "of": .*1 to 4/);
  });

  it.each([1, 2, 3, 4])("of %i leaves no shard out and none to two", (of) => {
    const shares = Array.from({ length: of }, (_, share) => shardsOf({ share, of }));
    expect(shares.every((shards) => shards.length > 0)).toBe(true);
    expect(shares.flat().sort()).toEqual([0, 1, 2, 3]);
  });
});
