import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { TokenBrokerStack } from "./token-broker-stack.ts";

/** What `cdk deploy` deploys: a broker with its defaults. Give the stack the properties of `TokenBrokerProps` to change it. */
const app = new App();
new TokenBrokerStack(app, "Chaveiro");
Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { writeSuppressionsToCloudFormation: true }));
