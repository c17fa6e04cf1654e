import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEventLog } from "../../../../infra/local/aws-endpoint/event-log.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "event-log-"));
  path = join(directory, "events.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true }));

const event = (id: string) => ({
  id,
  bus: "default",
  source: "chaveiro",
  detail_type: "connection.authorized",
  detail: { connection: "rd-station/acme", padding: "x".repeat(400) },
  resources: [],
  time: "2026-11-21T18:00:00.000Z",
});

describe("the log of events", () => {
  it("holds an event with its name, source and time, also after a restart", () => {
    const before = openEventLog(path);
    before.add([event("one"), event("two")]);
    before.close();
    const after = openEventLog(path);
    after.add([event("three")]);
    expect(after.after(0)).toEqual([
      { number: 1, ...event("one") },
      { number: 2, ...event("two") },
      { number: 3, ...event("three") },
    ]);
    expect(after.after(2).map(({ id }) => id)).toEqual(["three"]);
    after.close();
  });

  it("keeps the last 10,000, in a file that does not grow for ever", () => {
    const log = openEventLog(path);
    for (let batch = 0; batch < 8_000; batch++)
      log.add(Array.from({ length: 10 }, (_, index) => event(String(batch * 10 + index + 1))));
    const kept = log.after(0);
    expect([kept.length, kept[0]?.number, kept.at(-1)?.number]).toEqual([10_000, 70_001, 80_000]);
    expect(statSync(path).size).toBeLessThan(5 * JSON.stringify(kept).length);
    log.close();

    const reopened = openEventLog(path);
    expect(reopened.after(0)).toEqual(kept);
    reopened.add([event("next")]);
    expect(reopened.after(80_000)).toMatchObject([{ number: 80_001, id: "next" }]);
    reopened.close();
    expect(statSync(path).size).toBeLessThan(1.1 * JSON.stringify(kept).length);
  });
});
