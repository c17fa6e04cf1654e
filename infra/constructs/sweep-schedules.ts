import { Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import { Construct } from "constructs";
import { sweepEvery } from "./timing.ts";

/** As many schedules as there are shards of the due index at most: each sweeps its own. */
export const mostSchedules = 4;

/** Calls the function that sweeps every minute, once for each share. A sweep that fails is not repeated: the next one is due. */
export class SweepSchedules extends Construct {
  constructor(scope: Construct, id: string, props: { readonly sweeper: IFunction; readonly schedules: number }) {
    super(scope, id);
    const { sweeper, schedules } = props;
    const { account } = Stack.of(this);
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": account } },
      }),
      description: "Lets EventBridge Scheduler call chaveiro's sweep",
    });
    role.addToPolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [sweeper.functionArn] }));
    for (let share = 0; share < schedules; share++) {
      const schedule = new CfnSchedule(this, `Share${share}`, {
        description: `chaveiro: attends to what is due, share ${share + 1} of ${schedules}`,
        scheduleExpression: `rate(${sweepEvery.toMinutes()} minute)`,
        flexibleTimeWindow: { mode: "OFF" },
        target: {
          arn: sweeper.functionArn,
          roleArn: role.roleArn,
          input: JSON.stringify({ share, of: schedules }),
          retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: sweepEvery.toSeconds() },
        },
      });
      schedule.node.addDependency(role);
    }
  }
}
