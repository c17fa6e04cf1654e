import { expect, test } from "vitest";
import { verdicts } from "../../bench/consumer/budgets.ts";
import { ours, powertools } from "../../bench/consumer/candidate-list.ts";
import type { Result } from "../../bench/consumer/measure.ts";

const client: Result = {
  candidate: ours,
  bundleBytes: 12 * 1024,
  oneRead: [100, 400, 100],
  inTurnRead: [200, 200, 200],
  memory: 2000,
  backingCalls: [1, 1, 1],
  importing: [10],
  firstToken: [300],
};
const peer: Result = { ...client, candidate: powertools, oneRead: [310, 1240, 310], inTurnRead: [620, 620, 620] };

const met = (...results: readonly Result[]) => verdicts(results).map(({ isMet }) => isMet);

test("what is exactly within its budget has met it", () => {
  expect(met(client, { ...peer, oneRead: [300, 1200, 300] })).toEqual([true, true, true]);
});

test("a read is compared within its round, and the slower of one connection and a thousand counts", () => {
  expect(met(client, { ...peer, oneRead: [310, 310, 310] })).toEqual([true, true, true]);
  expect(met(client, { ...peer, oneRead: [290, 1160, 290] })).toEqual([false, true, true]);
  expect(met(client, { ...peer, inTurnRead: [620, 590, 590] })).toEqual([false, true, true]);
});

test("one byte more and one backing call more miss their budgets", () => {
  expect(met({ ...client, bundleBytes: 12 * 1024 + 1 }, peer)).toEqual([true, false, true]);
  expect(met({ ...client, backingCalls: [1, 1, 2] }, peer)).toEqual([true, true, false]);
});

test("without Powertools nothing is said about reading faster", () => {
  expect(met(client)).toEqual([undefined, true, true]);
});
