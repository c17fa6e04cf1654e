import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capPause, readRetryAfter } from "../../../shared/oauth/retry-after.ts";

const now = Date.UTC(2026, 10, 21, 18, 0, 0);
const hour = 3_600_000;

describe("readRetryAfter", () => {
  it.each([
    ["0", 0],
    ["7", 7000],
    [" 7 ", 7000],
    ["3600", hour],
    ["3601", hour],
    ["86400", hour],
    ["9".repeat(400), hour],
    ["Sat, 21 Nov 2026 18:00:30 GMT", 30_000],
    ["Saturday, 21-Nov-26 18:00:30 GMT", 30_000],
    ["Sat Nov 21 18:00:30 2026", 30_000],
    ["Sat, 21 Nov 2026 18:00:00 GMT", 0],
    ["Fri, 31 Dec 9999 23:59:59 GMT", hour],
  ])("understands %j", (value, milliseconds) => {
    expect(readRetryAfter({ "retry-after": value }, now)).toBe(milliseconds);
  });

  it.each([
    "",
    "-1",
    "1.5",
    "1e3",
    "0x10",
    "Infinity",
    "NaN",
    "soon",
    "7 seconds",
    "2026-11-21T18:00:30Z",
    "Sat, 21 Nov 2026 17:59:59 GMT",
    "Sat, 99 Nov 2026 18:00:30 GMT",
    "Sat, 21 Xxx 2026 18:00:30 GMT",
  ])("doesn't understand %j", (value) => {
    expect(readRetryAfter({ "retry-after": value }, now)).toBeUndefined();
  });

  it.each([
    ["late", "Sat, 21 Nov 2026 17:52:00 GMT", "Sat, 21 Nov 2026 17:52:30 GMT", 30_000],
    ["early", "Sat, 21 Nov 2026 18:08:00 GMT", "Sat, 21 Nov 2026 18:08:30 GMT", 30_000],
    ["a year early", "Sun, 21 Nov 2027 18:00:00 GMT", "Sun, 21 Nov 2027 18:00:30 GMT", 30_000],
    ["unreadable", "yesterday", "Sat, 21 Nov 2026 18:00:30 GMT", 30_000],
  ])("counts a date from the server's own clock, which may be wrong: %s", (_clock, date, retryAfter, milliseconds) => {
    expect(readRetryAfter({ date, "retry-after": retryAfter }, now)).toBe(milliseconds);
  });

  it("doesn't understand a date that is over by the server's own clock", () => {
    const headers = { date: "Sat, 21 Nov 2026 17:52:00 GMT", "retry-after": "Sat, 21 Nov 2026 17:51:00 GMT" };
    expect(readRetryAfter(headers, now)).toBeUndefined();
  });

  it("counts seconds from the answer, whatever the server's clock says", () => {
    expect(readRetryAfter({ date: "Sat, 21 Nov 2026 17:52:00 GMT", "retry-after": "7" }, now)).toBe(7000);
  });

  it("takes the first header that can be understood", () => {
    const headers = { a: "junk", b: "2", c: "3" };
    expect(readRetryAfter(headers, now, ["missing", "a", "b", "c"])).toBe(2000);
    expect(readRetryAfter(headers, now, ["c", "b"])).toBe(3000);
    expect(readRetryAfter(headers, now)).toBeUndefined();
  });

  it("is within an hour, whatever the header says", () => {
    const text = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(text, text, (value, date) => {
        const milliseconds = readRetryAfter({ "retry-after": value, date }, now) ?? 0;
        expect(milliseconds).toBeGreaterThanOrEqual(0);
        expect(milliseconds).toBeLessThanOrEqual(hour);
      }),
    );
  });
});

describe("capPause", () => {
  it("limits a pause to an hour", () => {
    expect([capPause(5), capPause(hour + 1), capPause(Number.POSITIVE_INFINITY)]).toEqual([5, hour, hour]);
  });
});
