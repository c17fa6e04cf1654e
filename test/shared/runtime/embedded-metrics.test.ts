import { expect, it } from "vitest";
import { embeddedMetrics } from "../../../shared/runtime/embedded-metrics.ts";

function recorded() {
  const lines: string[] = [];
  const metrics = embeddedMetrics({
    prefix: () => "chaveiro",
    clock: { now: () => 1_700_000_000_000 },
    write: (line) => lines.push(line),
  });
  return { metrics, documents: () => lines.map((line) => JSON.parse(line)) };
}

it("writes nothing where nothing was measured, and nothing twice", () => {
  const { metrics, documents } = recorded();
  metrics.flush();
  expect(documents()).toEqual([]);
  metrics.published("rd-station");
  metrics.flush();
  metrics.flush();
  expect(documents()).toHaveLength(1);
});

it("is a document of the embedded metric format, on one line", () => {
  const { metrics, documents } = recorded();
  metrics.refreshed("rd-station", "succeeded");
  metrics.flush();
  expect(documents()).toEqual([
    {
      _aws: {
        Timestamp: 1_700_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: "chaveiro",
            Dimensions: [["prefix", "provider", "outcome"]],
            Metrics: [{ Name: "Refreshes", Unit: "Count" }],
          },
        ],
      },
      prefix: "chaveiro",
      provider: "rd-station",
      outcome: "succeeded",
      Refreshes: 1,
    },
  ]);
});

it("is as many lines for a thousand refreshes as for one", () => {
  const { metrics, documents } = recorded();
  for (let count = 1; count <= 1000; count++) {
    metrics.refreshed("rd-station", "succeeded");
    metrics.lifeLeft("rd-station", 10 + count);
    metrics.dueFor("rd-station", count * 1000);
    metrics.published("rd-station");
  }
  metrics.refreshed("rd-station", "provider_unavailable");
  metrics.flush();
  expect(documents()).toMatchObject([
    { outcome: "succeeded", Refreshes: 1000 },
    { LifeLeft: 11, OldestDue: 1000, SecretVersions: 1000 },
    { outcome: "provider_unavailable", Refreshes: 1 },
  ]);
  expect(documents()).toHaveLength(3);
});

it("keeps providers apart", () => {
  const { metrics, documents } = recorded();
  metrics.breaker("rd-station", true);
  metrics.breaker("itflex", false);
  metrics.leaseLost("itflex");
  metrics.expired("itflex");
  metrics.unattended("itflex");
  metrics.owed("itflex", 3);
  metrics.owed("itflex", 2);
  metrics.flush();
  expect(documents()).toMatchObject([
    { provider: "rd-station", BreakerOpen: 1 },
    { provider: "itflex", BreakerOpen: 0, LeaseConflicts: 1, ExpiredWhileAlive: 1, Unattended: 1, OwedEffects: 5 },
  ]);
});
