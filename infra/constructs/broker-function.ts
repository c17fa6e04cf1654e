import { RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { bundleDirectory } from "./bundle-directory.ts";
import type { FunctionName } from "./routes.ts";
import { sweepEvery, timeouts } from "./timing.ts";

export type BrokerFunctionProps = {
  readonly name: FunctionName;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetention: RetentionDays;
  readonly reservedConcurrency: number | undefined;
};

/** One function of the broker: every default of a Lambda is here. Its role may write to its own log, and nothing else. */
export class BrokerFunction extends LambdaFunction {
  declare readonly role: Role;

  constructor(scope: Construct, id: string, props: BrokerFunctionProps) {
    const { name, environment, logRetention, reservedConcurrency } = props;
    const logGroup = new LogGroup(scope, `${id}Log`, {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: `What chaveiro's function ${name} may do`,
    });
    super(scope, id, {
      code: Code.fromAsset(bundleDirectory(name)),
      handler: "index.handler",
      description: `chaveiro: ${name}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // Lambda gives a share of a processor for memory: a sweep with 32 refreshes at once needs more of it than one request.
      memorySize: name === "refresh" ? 1024 : 512,
      timeout: name === "refresh" ? timeouts.sweep : timeouts.request,
      // What is asked for asynchronously is a sweep, and the next one is a minute away.
      ...(name === "refresh" ? { retryAttempts: 0, maxEventAge: sweepEvery } : {}),
      ...(reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: reservedConcurrency }),
      environment: { ...environment },
      logGroup,
      role,
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [logGroup.logGroupArn],
      }),
    );
  }
}
