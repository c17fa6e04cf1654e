import { Stack } from "aws-cdk-lib";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, it } from "vitest";
import { assumed } from "../../bench/cost-model.ts";
import { metricNames, metricNamespace } from "../../infra/constructs/broker-metrics.ts";
import { providerNames } from "../../infra/constructs/providers.ts";
import { embeddedMetrics } from "../../shared/runtime/embedded-metrics.ts";
import { synthesizedStack, textOf } from "../support/synthesized-stack.ts";

const { resources, only } = synthesizedStack({}, undefined, (app) => ({
  alarmTopic: new Topic(new Stack(app, "OnCall"), "Topic"),
}));

const alarms = new Map(
  [...resources("AWS::CloudWatch::Alarm")].map(([id, { Properties }]) => [
    textOf({ Ref: id }).replace(/^<Alarms|>$/g, ""),
    Properties,
  ]),
);
const alarm = (name: string) => alarms.get(name) ?? expect.fail(`There is no alarm ${name}.`);

/** What the functions would write if they measured everything. */
const written = (() => {
  const lines: string[] = [];
  const metrics = embeddedMetrics({
    prefix: () => "chaveiro",
    clock: { now: () => 0 },
    write: (line) => lines.push(line),
  });
  for (const provider of providerNames) {
    metrics.refreshed(provider, "reauthorization_required");
    metrics.refreshed(provider, "client_credentials_rejected");
    metrics.lifeLeft(provider, 20);
    metrics.leaseLost(provider);
    metrics.dueFor(provider, 0);
    metrics.unattended(provider);
    metrics.expired(provider);
    metrics.breaker(provider, true);
    metrics.owed(provider, 1);
    metrics.published(provider);
  }
  metrics.swept();
  metrics.flush();
  return lines.flatMap((line) => {
    const { _aws, ...values } = JSON.parse(line);
    const [{ Namespace, Dimensions, Metrics }] = _aws.CloudWatchMetrics;
    const dimensions = Dimensions[0].map((name: string) => `${name}=${values[name]}`).sort();
    return Metrics.map(({ Name }: { readonly Name: string }) => ({ Namespace, Name, dimensions }));
  });
})();

describe("the metrics", () => {
  it("have the names that the functions write", () => {
    expect(new Set(written.map(({ Name }) => Name))).toEqual(new Set(metricNames));
    expect(new Set(written.map(({ Namespace }) => Namespace))).toEqual(new Set([metricNamespace]));
  });
});

describe("an alarm", () => {
  it("is there for everything that somebody has to act on", () => {
    const each = ["reauthorizationrequired", "lifeleft", "expired", "oldestdue", "owed", "unattended"];
    const ofProviders = ["rdstation", "rdstationcrm", "itflex"].flatMap((provider) => [
      ...each.map((name) => `${provider}${name}`),
      ...(provider === "itflex" ? [] : [`${provider}breaker`, `${provider}clientcredentials`]),
    ]);
    expect([...alarms.keys()].sort()).toEqual(
      [...ofProviders, "callbackerrors", "missedsweeps", "secretversions", "sweepfailures", "throttles"].sort(),
    );
  });

  it("looks at what the functions write, with the very dimensions", () => {
    const ours = [...alarms.values()].filter(
      ({ Namespace, MetricName }) => Namespace === metricNamespace && !MetricName.startsWith("FailedCallbacks"),
    );
    expect(ours.length).toBe(3 * 6 + 2 * 2);
    for (const { Namespace, MetricName, Dimensions } of ours) {
      const dimensions = Dimensions.map(
        ({ Name, Value }: { readonly Name: string; readonly Value: string }) => `${Name}=${Value}`,
      ).sort();
      expect(written).toContainEqual({ Namespace, Name: MetricName, dimensions });
    }
  });

  it("is told to the topic, and so is its end", () => {
    for (const { AlarmActions, OKActions } of alarms.values()) {
      expect(AlarmActions).toEqual([{ "Fn::ImportValue": expect.stringMatching(/^OnCall:.*RefTopic/) }]);
      expect(OKActions).toEqual(AlarmActions);
    }
    const quiet = synthesizedStack().resources("AWS::CloudWatch::Alarm");
    expect(quiet.size).toBe(alarms.size);
    for (const { Properties } of quiet.values()) expect(Properties["AlarmActions"]).toBeUndefined();
  });

  it("says what it means and where to read on", () => {
    for (const { AlarmDescription } of alarms.values())
      expect(AlarmDescription).toMatch(/^chaveiro \(chaveiro\): .{20,} See docs\/operations\.md\.$/);
  });

  it("that watches the sweeps goes off where nobody sweeps, all others only where something was measured", () => {
    for (const [name, { TreatMissingData }] of alarms)
      expect([name, TreatMissingData]).toEqual([
        name,
        name.endsWith("oldestdue") || name === "missedsweeps" ? "breaching" : "notBreaching",
      ]);
  });

  it("goes off at what it says, in so many periods", () => {
    const described = [...alarms].map(([name, properties]) => {
      const { Threshold, ComparisonOperator, DatapointsToAlarm, EvaluationPeriods } = properties;
      const sign = { GreaterThanThreshold: ">", LessThanThreshold: "<" }[ComparisonOperator as string];
      const { Statistic, Period } =
        properties["Metrics"]?.flatMap(
          ({ MetricStat }: { readonly MetricStat?: { readonly Stat: string; readonly Period: number } }) =>
            MetricStat === undefined ? [] : { Statistic: MetricStat.Stat, Period: MetricStat.Period },
        )[0] ?? properties;
      return [name, `${Statistic} of ${Period} s ${sign} ${Threshold}, ${DatapointsToAlarm} of ${EvaluationPeriods}`];
    });
    const each = (name: string, text: string) =>
      ["rdstation", "rdstationcrm", "itflex"].map((provider) => [`${provider}${name}`, text]);
    const central = (name: string, text: string) => each(name, text).slice(0, 2);
    expect(Object.fromEntries(described)).toEqual(
      Object.fromEntries([
        ...each("reauthorizationrequired", "Sum of 300 s > 0, 1 of 1"),
        ...each("lifeleft", "Minimum of 300 s < 5, 1 of 1"),
        ...each("expired", "Sum of 300 s > 0, 2 of 12"),
        ...each("oldestdue", "Maximum of 60 s > 300, 5 of 5"),
        ...each("owed", "Sum of 300 s > 0, 3 of 3"),
        ...each("unattended", "Sum of 300 s > 0, 1 of 1"),
        ...central("breaker", "Maximum of 60 s > 0, 5 of 8"),
        ...central("clientcredentials", "Sum of 300 s > 0, 1 of 1"),
        ["callbackerrors", "Sum of 300 s > 0, 1 of 1"],
        ["missedsweeps", "Sum of 300 s > 1, 3 of 3"],
        ["secretversions", "Sum of 86400 s > 1080000, 1 of 1"],
        ["sweepfailures", "Sum of 300 s > 0, 1 of 1"],
        ["throttles", "Sum of 300 s > 0, 1 of 1"],
      ]),
    );
  });

  it("of failed sweeps looks at the function that sweeps", () => {
    expect(textOf(alarm("sweepfailures")["Dimensions"][0].Value)).toBe("<refresh>");
  });

  it("counts callbacks that ended in a 5xx, or were turned away, in the access log", () => {
    const { FilterPattern, MetricTransformations, LogGroupName } = only("AWS::Logs::MetricFilter").Properties;
    expect(FilterPattern).toBe('{ ($.route = "*/callback") && (($.status >= 500) || ($.status = 429)) }');
    expect(textOf(LogGroupName)).toBe("<ApiAccessLog>");
    expect(MetricTransformations).toEqual([
      { MetricNamespace: "chaveiro", MetricName: alarm("callbackerrors")["MetricName"], MetricValue: "1" },
    ]);
  });

  it("counts the sweeps that all schedules together ask for", () => {
    const four = synthesizedStack({ schedules: 4 });
    const expressions = [...four.resources("AWS::CloudWatch::Alarm").values()].flatMap(
      ({ Properties }) =>
        Properties["Metrics"]?.map(({ Expression }: { readonly Expression?: string }) => Expression) ?? [],
    );
    expect(expressions).toContain("20 - FILL(sweeps, 0)");
    const { Metrics } = alarm("missedsweeps");
    expect(Metrics[0].Expression).toBe("5 - FILL(sweeps, 0)");
    expect(Metrics[1].MetricStat).toMatchObject({ Stat: "Sum", Period: 300 });
    expect(written).toContainEqual({ Namespace: "chaveiro", Name: "Sweeps", dimensions: ["prefix=chaveiro"] });
    expect(Metrics[1].MetricStat.Metric).toEqual({
      Namespace: "chaveiro",
      MetricName: "Sweeps",
      Dimensions: [{ Name: "prefix", Value: "chaveiro" }],
    });
  });

  it("counts the secret versions of a day, of every provider whose access tokens are published", () => {
    const { Metrics } = alarm("secretversions");
    const providers = Metrics.flatMap(
      ({ MetricStat }: { readonly MetricStat?: { Metric: { Dimensions: object[] } } }) =>
        MetricStat === undefined ? [] : [MetricStat.Metric.Dimensions],
    );
    expect(JSON.stringify(providers)).toBe(
      JSON.stringify(
        ["rd-station", "rd-station-crm"].map((provider) => [
          { Name: "prefix", Value: "chaveiro" },
          { Name: "provider", Value: provider },
        ]),
      ),
    );
    const unpublished = synthesizedStack({ publish: false }).resources("AWS::CloudWatch::Alarm");
    expect([...unpublished.keys()].filter((id) => /secretversions/i.test(id))).toEqual([]);
  });

  it("counts what Lambda turns away, of any function", () => {
    const metrics: readonly { readonly Expression?: string; readonly MetricStat?: object }[] =
      alarm("throttles")["Metrics"];
    const functions = metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [textOf(MetricStat)]));
    expect(new Set(functions).size).toBe(resources("AWS::Lambda::Function").size);
  });
});

describe("what it costs to watch", () => {
  it("is what docs/costs.md counts, or less", () => {
    const alarmed = [...alarms.values()].map(
      ({ Metrics }) => Metrics?.filter((one: object) => "MetricStat" in one).length ?? 1,
    );
    expect(alarmed.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(assumed.alarmMetrics);
    const series = new Set(written.map(({ Name, dimensions }) => `${Name} ${dimensions}`));
    expect(series.size).toBeLessThanOrEqual(assumed.metrics);
  });
});

describe("the dashboard", () => {
  it("shows every metric that is written, first of all whether anyone is about to lose a token", () => {
    const text = textOf(only("AWS::CloudWatch::Dashboard").Properties["DashboardBody"]).replace(/<[^>]*>/g, "x");
    const { widgets } = JSON.parse(text) as {
      readonly widgets: readonly { readonly type: string; readonly y: number }[];
    };
    for (const name of metricNames) expect(text).toContain(`${name}`);
    expect(JSON.parse(text).periodOverride).toBe("inherit");
    expect(text).toContain("Is anyone about to lose a token?");
    const first = JSON.stringify(widgets.filter(({ y }) => y <= 2));
    for (const name of ["LifeLeft", "OldestDue", "ExpiredWhileAlive"]) expect(first).toContain(`"${name}"`);
  });
});
