import type { Metrics } from "../../shared/broker/ports.ts";

/** One call of the port: its method, and what it was told. */
export type Measurement = readonly [method: keyof Metrics, ...told: readonly unknown[]];

/** Metrics that are remembered, in the order in which they were measured. */
export function memoryMetrics(): { readonly metrics: Metrics; readonly measured: readonly Measurement[] } {
  const measured: Measurement[] = [];
  const at =
    (method: keyof Metrics) =>
    (...told: readonly unknown[]) => {
      measured.push([method, ...told]);
    };
  return {
    measured,
    metrics: {
      refreshed: at("refreshed"),
      lifeLeft: at("lifeLeft"),
      swept: at("swept"),
      leaseLost: at("leaseLost"),
      dueFor: at("dueFor"),
      unattended: at("unattended"),
      expired: at("expired"),
      breaker: at("breaker"),
      owed: at("owed"),
      published: at("published"),
    },
  };
}

const nothing = () => {};

/** Metrics that nobody looks at. */
export const ignoredMetrics: Metrics = {
  refreshed: nothing,
  lifeLeft: nothing,
  swept: nothing,
  leaseLost: nothing,
  dueFor: nothing,
  unattended: nothing,
  expired: nothing,
  breaker: nothing,
  owed: nothing,
  published: nothing,
};
