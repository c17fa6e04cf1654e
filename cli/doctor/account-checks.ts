import type { AwsRequest } from "../aws/aws-request.ts";
import { elementText } from "../aws/xml.ts";
import { CommandError } from "../command-error.ts";
import type { Target } from "../target.ts";
import type { Check, Finding } from "./finding.ts";

type Found = Omit<Finding, "check">;

const notLocal: Found = {
  verdict: "skipped",
  found: "not needed: the local broker is on this machine and in no AWS account",
};

/** Concurrent executions that a new account may be limited to, which a handful of readers and one sweep use up. */
const tooFew = 100;

/** Who signs, what they may do, and what their account lets the broker's functions do. */
export function accountChecks({ broker, address, aws }: Target): readonly Check[] {
  return [
    { name: "credentials", run: async () => [address.isLocal ? notLocal : await callerIdentity(aws)] },
    {
      name: "permissions",
      needs: "broker",
      async run() {
        // The list is the one route that changes nothing and needs no connection.
        await broker.list({ status: "active" }).next();
        const found = address.isLocal ? "requests of this machine are taken unsigned" : "may ask the broker's HTTP API";
        return [{ verdict: "ok", found }];
      },
    },
    { name: "concurrency limit", run: async () => [address.isLocal ? notLocal : await concurrencyLimit(aws)] },
  ];
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
async function callerIdentity(aws: AwsRequest): Promise<Found> {
  const xml = await aws({ service: "sts", form: { Action: "GetCallerIdentity", Version: "2011-06-15" } });
  return { verdict: "ok", found: `signs as ${elementText(xml, "Arn") ?? "somebody whom AWS does not name"}` };
}

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
async function concurrencyLimit(aws: AwsRequest): Promise<Found> {
  try {
    return limitFinding(await aws({ service: "lambda", path: "/2016-08-19/account-settings/" }));
  } catch (error) {
    if (!(error instanceof CommandError) || error.code === "aws_unreachable") throw error;
    const advice = "Allow lambda:GetAccountSettings to look at it.";
    return { verdict: "skipped", found: `these credentials may not ask for it (${error.code})`, advice };
  }
}

/** What Lambda's account settings say. */
export function limitFinding(settings: string): Found {
  const limit = Number(/"ConcurrentExecutions"\s*:\s*(\d+)/.exec(settings)?.[1] ?? Number.NaN);
  if (Number.isNaN(limit))
    return { verdict: "warning", found: "Lambda does not say how many functions may run at once" };
  const found = `${limit} functions may run at once in this account and Region`;
  if (limit >= tooFew) return { verdict: "ok", found };
  const advice =
    "Ask for more in Service Quotas (Lambda, Concurrent executions): readers are turned away with 429 and 503 beyond it.";
  return { verdict: "warning", found, advice };
}
