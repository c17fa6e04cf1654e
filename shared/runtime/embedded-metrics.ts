import type { Clock, Metrics } from "../broker/ports.ts";

/** What CloudWatch knows the metrics by. The stack in `infra/` repeats the names: a test compares the two. */
const namespace = "chaveiro";

type Unit = "Count" | "Percent" | "Seconds" | "None";

/** How several values of one invocation become one. */
type Fold = (one: number, other: number) => number;

const sum: Fold = (one, other) => one + other;

const metrics = {
  Refreshes: { unit: "Count", fold: sum },
  LifeLeft: { unit: "Percent", fold: Math.min },
  Sweeps: { unit: "Count", fold: sum },
  LeaseConflicts: { unit: "Count", fold: sum },
  OldestDue: { unit: "Seconds", fold: Math.max },
  Unattended: { unit: "Count", fold: sum },
  ExpiredWhileAlive: { unit: "Count", fold: sum },
  BreakerOpen: { unit: "None", fold: Math.max },
  OwedEffects: { unit: "Count", fold: sum },
  SecretVersions: { unit: "Count", fold: sum },
} as const satisfies Readonly<Record<string, { readonly unit: Unit; readonly fold: Fold }>>;

type MetricName = keyof typeof metrics;

type Dimensions = { readonly provider?: string; readonly outcome?: string };

/**
 * Metrics in CloudWatch's embedded metric format: what was measured during an invocation becomes one line of the log for each
 * provider and outcome, however many connections it was about.
 *
 * @param options.prefix of the broker's secrets, which tells it from another one in the same account and Region
 * @param options.write writes one line to where CloudWatch reads it
 * @returns the port, and `flush`, which has to be called when an invocation ends
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(options: {
  readonly prefix: () => string;
  readonly clock: Pick<Clock, "now">;
  readonly write: (line: string) => void;
}): Metrics & { flush(): void } {
  const sets = new Map<string, { readonly dimensions: Dimensions; readonly values: Map<MetricName, number> }>();

  const measure = (name: MetricName, value: number, dimensions: Dimensions): void => {
    const key = JSON.stringify(dimensions);
    const { values } = sets.get(key) ?? { values: new Map<MetricName, number>() };
    const before = values.get(name);
    values.set(name, before === undefined ? value : metrics[name].fold(before, value));
    sets.set(key, { dimensions, values });
  };

  return {
    refreshed: (provider, outcome) => measure("Refreshes", 1, { provider, outcome }),
    lifeLeft: (provider, percent) => measure("LifeLeft", percent, { provider }),
    swept: () => measure("Sweeps", 1, {}),
    leaseLost: (provider) => measure("LeaseConflicts", 1, { provider }),
    dueFor: (provider, milliseconds) => measure("OldestDue", milliseconds / 1000, { provider }),
    unattended: (provider) => measure("Unattended", 1, { provider }),
    expired: (provider) => measure("ExpiredWhileAlive", 1, { provider }),
    breaker: (provider, isOpen) => measure("BreakerOpen", isOpen ? 1 : 0, { provider }),
    owed: (provider, count) => measure("OwedEffects", count, { provider }),
    published: (provider) => measure("SecretVersions", 1, { provider }),
    flush() {
      for (const { dimensions, values } of sets.values()) {
        options.write(document({ prefix: options.prefix(), ...dimensions }, values, options.clock.now()));
      }
      sets.clear();
    },
  };
}

function document(
  dimensions: Readonly<Record<string, string>>,
  values: ReadonlyMap<MetricName, number>,
  now: number,
): string {
  const described = [...values.keys()].map((name) => ({ Name: name, Unit: metrics[name].unit }));
  const directive = { Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics: described };
  const metadata = { Timestamp: now, CloudWatchMetrics: [directive] };
  return JSON.stringify({ _aws: metadata, ...dimensions, ...Object.fromEntries(values) });
}
