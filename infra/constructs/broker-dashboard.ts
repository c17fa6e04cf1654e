import { Duration } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  PeriodOverride,
  SingleValueWidget,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { littleLife, longestDue } from "./broker-alarms.ts";
import { brokerMetric, type MetricName, metricNamespace } from "./broker-metrics.ts";
import { type ProviderName, providers } from "./providers.ts";

export type BrokerDashboardProps = {
  readonly prefix: string;
  readonly providers: readonly ProviderName[];
  readonly alarms: readonly Alarm[];
  readonly sweeper: IFunction;
};

const fiveMinutes = Duration.minutes(5);

/** Its first row answers the question of whoever is on call; the others say why. */
export class BrokerDashboard extends Dashboard {
  constructor(scope: Construct, id: string, props: BrokerDashboardProps) {
    // Every graph keeps its own period, whatever range is looked at: a day's versions are those of a day.
    super(scope, id, { defaultInterval: Duration.hours(12), periodOverride: PeriodOverride.INHERIT });
    const { prefix, alarms, sweeper } = props;
    const all = (
      name: MetricName,
      statistic: "Sum" | "Minimum" | "Maximum",
      { period = fiveMinutes, of = props.providers } = {},
    ): IMetric[] =>
      of.map((provider) => brokerMetric(name, { prefix, provider }, { statistic, period }).with({ label: provider }));
    const graph = (title: string, left: IMetric[], rest: Partial<ConstructorParameters<typeof GraphWidget>[0]> = {}) =>
      new GraphWidget({ title, left, width: 8, ...rest });
    const central = props.providers.filter((provider) => providers[provider].isCentral);

    this.addWidgets(
      new TextWidget({
        markdown:
          "# Is anyone about to lose a token?\nNo, while life is left to all that is due, nothing is due for long, and nothing has expired.",
        width: 24,
        height: 2,
      }),
    );
    this.addWidgets(
      graph("Life left to what is due (%)", all("LifeLeft", "Minimum"), {
        leftYAxis: { min: 0, max: 100 },
        leftAnnotations: [{ value: littleLife, label: "alarm" }],
      }),
      graph("Longest due (s)", all("OldestDue", "Maximum", { period: Duration.minutes(1) }), {
        leftYAxis: { min: 0 },
        leftAnnotations: [{ value: longestDue, label: "alarm" }],
      }),
      // A graph: a number would show the last one that was measured, however long ago.
      graph("Expired and not dead", all("ExpiredWhileAlive", "Sum"), { leftYAxis: { min: 0 } }),
    );
    this.addWidgets(new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms], width: 24, height: 5 }));
    const outcomes = new MathExpression({
      expression: `SEARCH('{${metricNamespace},prefix,provider,outcome} MetricName="Refreshes" prefix="${prefix}"', 'Sum', 300)`,
      usingMetrics: {},
      label: "",
      period: fiveMinutes,
    });
    this.addWidgets(
      graph("Refreshes by outcome", [outcomes]),
      graph("Breaker open (1)", all("BreakerOpen", "Maximum", { of: central }), { leftYAxis: { min: 0, max: 1 } }),
      graph("Lease conflicts", all("LeaseConflicts", "Sum")),
    );
    this.addWidgets(
      graph("Owed for more than a minute (left), unattended (right)", all("OwedEffects", "Sum"), {
        right: all("Unattended", "Sum"),
      }),
      new SingleValueWidget({
        title: "Secret versions a day",
        metrics: all("SecretVersions", "Sum", { period: Duration.days(1) }),
        width: 8,
        height: 6,
      }),
      graph("Sweeps (ms)", [sweeper.metricDuration({ statistic: "Maximum", period: fiveMinutes, label: "longest" })], {
        right: [
          brokerMetric("Sweeps", { prefix }, { statistic: "Sum", period: fiveMinutes }).with({ label: "begun" }),
          sweeper.metricErrors({ period: fiveMinutes, label: "failed" }),
        ],
      }),
    );
  }
}
