import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { brokerMetric, failedCallbacks, missedSweeps, secretVersions, throttles } from "./broker-metrics.ts";
import { type ProviderName, providers } from "./providers.ts";
import type { FunctionName } from "./routes.ts";

export type BrokerAlarmsProps = {
  readonly prefix: string;
  readonly providers: readonly ProviderName[];
  readonly published: readonly ProviderName[];
  readonly functions: ReadonlyMap<FunctionName, IFunction>;
  readonly accessLog: LogGroup;
  readonly schedules: number;
  readonly topic: ITopic | undefined;
};

/** When somebody is told. `docs/operations.md` says for each what it means and what to do. */
type Condition = {
  readonly metric: IMetric;
  readonly says: string;
  /** Told where the metric is above it, 0 unless given, */
  readonly above?: number;
  /** or below it, where that is given, */
  readonly below?: number;
  /** in so many periods, 1 unless given, */
  readonly periods?: number;
  /** of so many, as many unless given: what is only measured now and then is not always there. */
  readonly among?: number;
  /** True where no data at all is as bad: whoever should have measured it does not run. */
  readonly mustBeMeasured?: true;
};

const fiveMinutes = Duration.minutes(5);

/** Share of an access token's life, in percent: none that the schedule refreshes in time has less left. */
export const littleLife = 5;

/** After so long a connection that is due has waited for more than a few sweeps, in seconds. */
export const longestDue = 300;

/**
 * Half of what Secrets Manager takes of all in an account and Region: 50 writes a second, and a publish is two.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
const manySecretVersions = (0.5 * 50 * 86_400) / 2;

/** All alarms of a broker, told to a topic where there is one. */
export class BrokerAlarms extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: BrokerAlarmsProps) {
    super(scope, id);
    const { topic } = props;
    const conditions = { ...conditionsOfAll(this, props) };
    for (const provider of props.providers) Object.assign(conditions, conditionsOf(provider, props.prefix));
    this.alarms = Object.entries(conditions).map(([name, condition]) => {
      const alarm = new Alarm(this, name, {
        alarmDescription: `chaveiro (${props.prefix}): ${condition.says} See docs/operations.md.`,
        metric: condition.metric,
        threshold: condition.below ?? condition.above ?? 0,
        comparisonOperator:
          condition.below === undefined
            ? ComparisonOperator.GREATER_THAN_THRESHOLD
            : ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: condition.among ?? condition.periods ?? 1,
        datapointsToAlarm: condition.periods ?? 1,
        treatMissingData:
          condition.mustBeMeasured === true ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      if (topic !== undefined) {
        alarm.addAlarmAction(new SnsAction(topic));
        alarm.addOkAction(new SnsAction(topic));
      }
      return alarm;
    });
  }
}

function conditionsOf(provider: ProviderName, prefix: string): Readonly<Record<string, Condition>> {
  const counted = (...[name, outcome]: readonly [Parameters<typeof brokerMetric>[0], string?]) =>
    brokerMetric(
      name,
      { prefix, provider, ...(outcome === undefined ? {} : { outcome }) },
      { statistic: "Sum", period: fiveMinutes },
    );
  const eachMinute = (name: Parameters<typeof brokerMetric>[0]) =>
    brokerMetric(name, { prefix, provider }, { statistic: "Maximum", period: Duration.minutes(1) });
  const { isCentral, hasClient } = providers[provider];
  return {
    [`${provider}-reauthorization-required`]: {
      metric: counted("Refreshes", "reauthorization_required"),
      says: `An account at ${provider} has to be authorized again.`,
    },
    [`${provider}-life-left`]: {
      metric: brokerMetric("LifeLeft", { prefix, provider }, { statistic: "Minimum", period: fiveMinutes }),
      says: `An access token of ${provider} is about to expire, and has not been refreshed.`,
      below: littleLife,
    },
    [`${provider}-expired`]: {
      metric: counted("ExpiredWhileAlive"),
      says: `An access token of ${provider} has expired, and its grant is not known to be dead.`,
      // Measured when a sweep looks, which is after each backoff: up to ten minutes, or what the provider asks for.
      periods: 2,
      among: 12,
    },
    [`${provider}-oldest-due`]: {
      metric: eachMinute("OldestDue"),
      says: `Connections at ${provider} are due and not refreshed, or nobody sweeps.`,
      above: longestDue,
      periods: 5,
      mustBeMeasured: true,
    },
    [`${provider}-owed`]: {
      metric: counted("OwedEffects"),
      says: `Access tokens of ${provider} are not published, or events are not sent.`,
      periods: 3,
    },
    [`${provider}-unattended`]: {
      metric: counted("Unattended"),
      says: `A connection at ${provider} cannot be read or written.`,
    },
    ...(isCentral && {
      [`${provider}-breaker`]: {
        metric: eachMinute("BreakerOpen"),
        says: `Nobody refreshes at ${provider}: its breaker is open.`,
        periods: 5,
        among: 8,
      },
    }),
    ...(hasClient && {
      [`${provider}-client-credentials`]: {
        metric: counted("Refreshes", "client_credentials_rejected"),
        says: `${provider} refuses our client credentials.`,
      },
    }),
  };
}

function conditionsOfAll(
  scope: Construct,
  { prefix, published, functions, accessLog, schedules }: BrokerAlarmsProps,
): Readonly<Record<string, Condition>> {
  const sweeper = functions.get("refresh");
  return {
    ...(sweeper !== undefined && {
      "sweep-failures": {
        metric: sweeper.metricErrors({ period: fiveMinutes, statistic: "Sum" }),
        says: "A sweep has failed. What was due stays due.",
      },
    }),
    "missed-sweeps": {
      metric: missedSweeps(prefix, schedules),
      says: "There are fewer sweeps than schedules ask for. What is due in a share of theirs waits.",
      // A minute more or less falls into five, and the first ones after a deployment have fewer.
      above: 1,
      periods: 3,
      mustBeMeasured: true,
    },
    "callback-errors": {
      metric: failedCallbacks(scope, accessLog),
      says: "A browser came back from a provider and was answered with an error of ours, or turned away.",
    },
    ...(published.length > 0 && {
      "secret-versions": {
        metric: secretVersions(prefix, published),
        says: "Publishing takes half of what Secrets Manager takes in a day.",
        above: manySecretVersions,
      },
    }),
    throttles: { metric: throttles([...functions.values()]), says: "Lambda turns calls away." },
  };
}
