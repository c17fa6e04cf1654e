import { expect, test } from "vitest";
import { interleaved } from "../../bench/rounds.ts";
import { paired, quantile, spread } from "../../bench/statistics.ts";

test("things take turns, each round begins with another one, and the first rounds are dropped", async () => {
  const order: string[] = [];
  const measured = await interleaved(["a", "b", "c"], { rounds: 2, dropped: 1 }, async (thing) => order.push(thing));
  expect(order.join("")).toBe("abcbcacab");
  expect(Object.fromEntries(measured)).toEqual({ a: [6, 8], b: [4, 9], c: [5, 7] });
});

test("a median is not moved by what a busy machine adds to a few rounds", () => {
  expect(spread([3, 1, 2, 900, 2]).median).toBe(2);
  expect(spread([1, 2, 3, 4]).median).toBe(2.5);
  expect(spread(Array.from({ length: 11 }, (_, value) => value))).toEqual({ median: 5, low: 1, high: 9 });
});

test("there is no median of nothing, and no ratio of rounds that were not together", () => {
  expect(() => quantile([], 0.5)).toThrow(RangeError);
  expect(() => paired([1, 2], [1], (a, b) => a / b)).toThrow(RangeError);
});
