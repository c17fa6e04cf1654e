import { App, Stack } from "aws-cdk-lib";
import { AccountPrincipal, Role } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { TokenBroker } from "chaveiro/cdk";

const app = new App();
const stack = new Stack(app, "Tokens", { terminationProtection: true });

const broker = new TokenBroker(stack, "Broker", {
  providers: ["rd-station", "itflex"],
  returnToOrigins: ["https://app.example.com"],
  alarmTopic: new Topic(stack, "OnCall"),
});

// Another account's functions assume this role. A function of this account is granted in the same way.
const consumer = new Role(stack, "Consumer", { assumedBy: new AccountPrincipal("222222222222") });
broker.grantAccessToken(consumer, "rd-station/*");

// Whoever connects accounts, and looks after them.
const operator = new Role(stack, "Operator", { assumedBy: new AccountPrincipal(stack.account) });
broker.grantManage(operator);
