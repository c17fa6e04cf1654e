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

/** A metric that the functions of the broker with this prefix write about a provider. */
export function brokerMetric(
  name: MetricName,
  of: { readonly prefix: string; readonly provider: ProviderName; readonly outcome?: string },
  options: { readonly statistic: "Sum" | "Minimum" | "Maximum"; readonly period: Duration },
): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: { ...of },
    ...options,
  });
}

/** Callbacks that ended in a 5xx, whoever answered it: the function, or API Gateway in its place. */
export function callbackServerErrors(scope: Construct, accessLog: LogGroup): Metric {
  const filter = accessLog.addMetricFilter("CallbackServerErrors", {
    // A `*` stands for anything at the beginning or the end of a text alone.
    filterPattern: FilterPattern.literal('{ ($.route = "*/callback") && ($.status >= 500) }'),
    metricNamespace,
    // Metrics of a filter have no dimension that says which broker they are of.
    metricName: `CallbackServerErrors ${Names.uniqueResourceName(scope, { maxLength: 100 })}`,
    metricValue: "1",
  });
  return filter.metric({ statistic: "Sum", period: Duration.minutes(5) });
}

/** Calls that Lambda turned away, over all functions. */
export function throttles(functions: Iterable<IFunction>): IMetric {
  const period = Duration.minutes(5);
  const each = [...functions].map((one, index) => [`t${index}`, one.metricThrottles({ period, statistic: "Sum" })]);
  return new MathExpression({
    expression: "SUM(FILL(METRICS(), 0))",
    usingMetrics: Object.fromEntries(each) as Record<string, IMetric>,
    label: "throttled calls",
    period,
  });
}
