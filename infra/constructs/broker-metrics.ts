import { Duration, Names } from "aws-cdk-lib";
import { type IMetric, MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { FilterPattern, type LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { ProviderName } from "./providers.ts";

/** What the functions write in CloudWatch's embedded metric format. The broker repeats the names: a test compares the two. */
export const metricNames = [
  "Refreshes",
  "LifeLeft",
  "Sweeps",
  "LeaseConflicts",
  "OldestDue",
  "Unattended",
  "ExpiredWhileAlive",
  "BreakerOpen",
  "OwedEffects",
  "SecretVersions",
] as const;

export type MetricName = (typeof metricNames)[number];

export const metricNamespace = "chaveiro";

/** As many metrics as CloudWatch lets the expression of one alarm have. */
const mostAlarmed = 10;

/** A metric that the functions of the broker with this prefix write, about a provider where there is one. */
export function brokerMetric(
  name: MetricName,
  of: { readonly prefix: string; readonly provider?: ProviderName; readonly outcome?: string },
  options: { readonly statistic: "Sum" | "Minimum" | "Maximum"; readonly period: Duration },
): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: { ...of },
    ...options,
  });
}

/** Callbacks that we failed: those that ended in a 5xx, whoever answered it, and those that API Gateway turned away. */
export function failedCallbacks(scope: Construct, accessLog: LogGroup): Metric {
  const filter = accessLog.addMetricFilter("FailedCallbacks", {
    // A `*` stands for anything at the beginning or the end of a text alone.
    filterPattern: FilterPattern.literal('{ ($.route = "*/callback") && (($.status >= 500) || ($.status = 429)) }'),
    metricNamespace,
    // Metrics of a filter have no dimension that says which broker they are of.
    metricName: `FailedCallbacks ${Names.uniqueResourceName(scope, { maxLength: 100 })}`,
    metricValue: "1",
  });
  return filter.metric({ statistic: "Sum", period: Duration.minutes(5) });
}

/** Secret versions of a day, over all providers whose access tokens are published. */
export function secretVersions(prefix: string, providers: readonly ProviderName[]): IMetric {
  const period = Duration.days(1);
  const each = providers.map((provider) =>
    brokerMetric("SecretVersions", { prefix, provider }, { statistic: "Sum", period }),
  );
  return sumOf(each, { label: "secret versions", period });
}

/** By how many the sweeps of five minutes fall short of what the schedules ask for. */
export function missedSweeps(prefix: string, schedules: number): IMetric {
  const period = Duration.minutes(5);
  return new MathExpression({
    expression: `${schedules * period.toMinutes()} - FILL(sweeps, 0)`,
    usingMetrics: { sweeps: brokerMetric("Sweeps", { prefix }, { period, statistic: "Sum" }) },
    label: "missed sweeps",
    period,
  });
}

/** Calls that Lambda turned away, over all functions. */
export function throttles(functions: readonly IFunction[]): IMetric {
  const period = Duration.minutes(5);
  const each = functions.map((one) => one.metricThrottles({ period, statistic: "Sum" }));
  return sumOf(each, { label: "throttled calls", period });
}

/**
 * The sum of several metrics; one that nothing was measured of counts as 0.
 *
 * @throws Error for more of them than one alarm can look at
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
 */
function sumOf(metrics: readonly IMetric[], of: { readonly label: string; readonly period: Duration }): IMetric {
  if (metrics.length > mostAlarmed) throw new Error(`An alarm looks at ${mostAlarmed} metrics at most.`);
  const named = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({ expression: "SUM(FILL(METRICS(), 0))", usingMetrics: named, ...of });
}
