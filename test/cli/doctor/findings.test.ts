import { expect, it } from "vitest";
import type { Metadata } from "../../../cli/broker/metadata.ts";
import { limitFinding } from "../../../cli/doctor/account-checks.ts";
import { clockFinding } from "../../../cli/doctor/broker-checks.ts";
import { dueFinding, refreshFindings } from "../../../cli/doctor/connection-checks.ts";
import { callbackFinding, hostFinding, pageFinding } from "../../../cli/doctor/provider-findings.ts";

const now = Date.parse("2026-11-22T18:00:00.000Z");

it.each([
  ["ok", 0, "agree"],
  ["ok", -29_000, "agree"],
  ["ok", 30_000, "agree"],
  ["warning", -31_000, "30 s ahead of"],
  ["warning", 31_000, "31 s behind"],
  ["problem", -302_000, "5 min 1 s ahead of"],
  ["problem", 300_000, "5 min behind"],
  ["warning", Number.NaN, "does not say"],
])("a clock is %s where the broker's differs by %i ms", (verdict, difference, found) => {
  // It was asked at `now`, and answered a second later.
  const finding = clockFinding(now - 1_000, now, now + difference - (difference > 0 ? 0 : 1_000));
  expect(finding).toMatchObject({
    verdict: difference === 30_000 ? "warning" : verdict,
    found: expect.stringContaining(difference === 30_000 ? "30 s behind" : found),
  });
});

it.each([
  ["ok", '{"AccountLimit":{"ConcurrentExecutions":100}}'],
  ["warning", '{"AccountLimit":{"ConcurrentExecutions": 99}}'],
  ["warning", "{}"],
])("the limit is %s with %s", (verdict, settings) => {
  expect(limitFinding(settings).verdict).toBe(verdict);
});

const ours = { "content-security-policy": "default-src 'none'; base-uri 'none'" };
it.each([
  ["ok", 400, ours],
  ["problem", 400, {}],
  ["problem", 400, { "content-security-policy": "default-src 'self'" }],
  ["problem", 303, ours],
  ["problem", 404, ours],
])("a callback URL is %s where it answers %i with %j", (verdict, status, headers) => {
  expect(callbackFinding("https://broker.example/cb", new Response("", { status, headers })).verdict).toBe(verdict);
});

it.each([
  ["ok", true, 200],
  ["skipped", true, 302],
  // A page that says "Sign in" comes with either.
  ["skipped", false, 200],
  ["skipped", false, 302],
  ["skipped", false, 403],
  ["problem", false, 400],
  ["problem", true, 401],
  ["warning", false, 429],
  ["warning", false, 500],
  ["warning", false, undefined],
])("a callback URL is %s where the page (the sandbox's: %s) answers %s", (verdict, isSandbox, status) => {
  const finding = pageFinding({ id: "p", name: "P" }, isSandbox, "https://page.example", status);
  expect(finding.verdict).toBe(verdict);
});

it.each([
  ["ok", 200, "answers this machine at"],
  ["ok", 404, "answers this machine at"],
  ["warning", 503, "answers this machine with 503 at"],
  ["warning", 429, "answers this machine with 429 at"],
  ["warning", undefined, "does not answer this machine at"],
])("a provider's host is %s where it answers %s", (verdict, status, found) => {
  expect(hostFinding("P", "https://api.example", status)).toMatchObject({
    verdict,
    found: `P ${found} https://api.example`,
  });
});

const due = (account: string, secondsAgo: number | null) =>
  ({
    provider: "rd-station",
    account,
    status: "active",
    refresh_at: secondsAgo === null ? null : new Date(now - secondsAgo * 1_000).toISOString(),
    last_refresh: { code: null },
  }) as Metadata;

it("tells how far behind the sweep is", () => {
  expect(dueFinding([due("a", null), due("b", -60)], now)).toMatchObject({ verdict: "ok", found: "nothing is due" });
  expect(dueFinding([due("a", 30), due("b", 120)], now)).toEqual({
    verdict: "ok",
    found: "2 due, the oldest, rd-station/b, for 2 min",
  });
  expect(dueFinding([due("a", 121)], now)).toMatchObject({
    verdict: "problem",
    advice: expect.stringContaining("schedule"),
  });
});

it("names one connection of each kind, and how many more there are", () => {
  const dead = (account: string) => ({ ...due(account, null), status: "reauthorization_required" }) as Metadata;
  expect(refreshFindings([dead("a"), dead("b"), dead("c")])).toMatchObject([
    { verdict: "warning", found: "the owner has to authorize again: rd-station/a and 2 more" },
  ]);
  expect(refreshFindings([])).toEqual([
    { verdict: "ok", found: "0 active of 0 connections, and no last refresh failed" },
  ]);
});
