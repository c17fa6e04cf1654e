import { expect, it } from "vitest";
import { duration, fromNow } from "../../../cli/terminal/times.ts";

it.each([
  [0, "0 s"],
  [999, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [61_000, "1 min 1 s"],
  [3_600_000, "1 h"],
  [11_400_000, "3 h 10 min"],
  [90_000_000, "1 d 1 h"],
])("%i ms are %s", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

it("says where a time is, seen from now", () => {
  const now = Date.parse("2026-11-22T18:00:00.000Z");
  expect(fromNow("2026-11-22T18:00:05.000Z", now)).toBe("in 5 s");
  expect(fromNow("2026-11-22T17:58:00.000Z", now)).toBe("2 min ago");
  expect(fromNow(null, now)).toBe("–");
});
