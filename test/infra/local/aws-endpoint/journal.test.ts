import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openJournal } from "../../../../infra/local/aws-endpoint/journal.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "journal-"));
  path = join(directory, "below", "numbers.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A journal of the last value by key. */
function open() {
  const values = new Map<string, string>();
  const journal = openJournal<readonly [string, string]>({
    path,
    replay: ([key, value]) => values.set(key, value),
    snapshot: () => values,
  });
  return {
    values,
    set: (key: string, value: string) => {
      journal.append([key, value]);
      values.set(key, value);
    },
    close: journal.close,
  };
}

describe("a journal", () => {
  it("replays what was appended and rewrites it to what is needed", () => {
    const first = open();
    first.set("a", "1");
    first.set("b", "1");
    first.set("a", "2");
    first.close();
    const second = open();
    expect([...second.values]).toEqual([
      ["a", "2"],
      ["b", "1"],
    ]);
    second.close();
    expect(readFileSync(path, "utf8")).toBe('["a","2"]\n["b","1"]\n');
  });

  it("is readable by its owner only", () => {
    open().close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("drops a last line that was not finished", () => {
    const first = open();
    first.set("a", "1");
    first.close();
    appendFileSync(path, '["b","half');
    const second = open();
    expect([...second.values]).toEqual([["a", "1"]]);
    second.set("c", "1");
    second.close();
    const third = open();
    expect([...third.values.keys()]).toEqual(["a", "c"]);
    third.close();
    expect(existsSync(`${path}.damaged`)).toBe(false);
  });

  it("skips a damaged line elsewhere and keeps the file beside", () => {
    open().close();
    writeFileSync(path, '["a","1"]\n\0\0\0\n["b","1"]\n');
    const journal = open();
    expect([...journal.values.keys()]).toEqual(["a", "b"]);
    journal.close();
    expect(readFileSync(`${path}.damaged`, "utf8")).toContain("\0");
  });

  it("ignores what a killed rewrite left", () => {
    const first = open();
    first.set("a", "1");
    first.close();
    writeFileSync(`${path}.next`, "half");
    const second = open();
    expect([...second.values]).toEqual([["a", "1"]]);
    second.close();
    expect(existsSync(`${path}.next`)).toBe(false);
  });

  it("stays small while the same key is set again and again", () => {
    const journal = open();
    const value = "x".repeat(10_000);
    for (let n = 0; n < 500; n++) {
      journal.set("same", `${n}${value}`);
      journal.set(`other ${n % 3}`, String(n));
    }
    expect(statSync(path).size).toBeLessThan(1.2 * 1024 * 1024);
    journal.close();
    const again = open();
    expect(again.values.get("same")).toBe(`499${value}`);
    expect(again.values.get("other 1")).toBe("499");
    again.close();
  });

  it("keeps nothing without a path", () => {
    const journal = openJournal<string>({ path: undefined, replay: () => {}, snapshot: () => [] });
    journal.append("x");
    journal.close();
    expect(existsSync(path)).toBe(false);
  });
});
