import { describe, expect, it } from "vitest";
import { type RefreshHistory, refreshOfEvent, withRefresh } from "../../../../infra/local/console/refresh-history.ts";
import type { BusEvent, SeenRefresh } from "../../../../infra/local/console/state.ts";

function refresh(second: number, outcome: SeenRefresh["outcome"] = "succeeded"): SeenRefresh {
  const at = new Date(Date.UTC(2026, 10, 21, 18, 0, second)).toISOString();
  return { at, outcome, code: outcome === "succeeded" ? null : "provider_unavailable" };
}

function event(detail_type: string, detail: Readonly<Record<string, unknown>>): BusEvent {
  return { number: 1, time: "2026-11-21T18:00:00.000Z", detail_type, detail };
}

function historyOf(...refreshes: readonly SeenRefresh[]): RefreshHistory {
  return refreshes.reduce(withRefresh, [] as RefreshHistory);
}

describe("the history of a connection's refreshes", () => {
  it("is in the order of time, whatever is learned first", () => {
    expect(historyOf(refresh(3), refresh(1), refresh(2))).toEqual([refresh(1), refresh(2), refresh(3)]);
  });

  it("has a refresh once, as it was told last", () => {
    expect(historyOf(refresh(1, "failed"), refresh(2), refresh(1, "unknown"))).toEqual([
      refresh(1, "unknown"),
      refresh(2),
    ]);
  });

  it("forgets all but the last forty", () => {
    const history = historyOf(...Array.from({ length: 60 }, (_, second) => refresh(second)));
    expect(history).toHaveLength(40);
    expect(history[0]).toEqual(refresh(20));
  });

  it("stays as it is where there was no refresh", () => {
    const history = historyOf(refresh(1));
    expect(withRefresh(history, undefined)).toBe(history);
  });
});

describe("an event", () => {
  const at = "2026-11-21T18:00:01.000Z";

  it.each([
    ["connection.degraded", { at, code: "internal_error" }, { at, outcome: "failed", code: "internal_error" }],
    ["connection.recovered", { at, code: null }, { at, outcome: "succeeded", code: null }],
    ["connection.reauthorization_required", { at }, { at, outcome: "failed", code: "grant_rejected" }],
    ["connection.authorized", { at }, undefined],
    ["connection.revoked", { at }, undefined],
    ["provider.recovered", { at }, undefined],
    ["connection.degraded", {}, undefined],
  ])("%s with %j tells of the refresh %j", (name, detail, told) => {
    expect(refreshOfEvent(event(name, detail))).toEqual(told);
  });
});
