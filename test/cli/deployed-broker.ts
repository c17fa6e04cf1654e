import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { checkSignature, type Keys, type SignedRequest } from "./signature-check.ts";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

/** For `NODE_EXTRA_CA_CERTS` of who is to trust it. */
export const certificateFile = fixture("test-only-https.pem");

/** What API Gateway and AWS say for a while in place of what they would say. */
export type Whim = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};

export type DeployedBroker = {
  readonly url: string;
  readonly region: string;
  /** What has been signed, by service: `execute-api GET /v1/connections`. */
  readonly signed: string[];
  /** Until the whim is over, every request but those to `/auth` and `/healthz` is answered so. */
  whim: Whim | undefined;
  /** How far the clock there is ahead, in milliseconds. */
  ahead: number;
  /** Outputs of the one stack that there is, which is called `Broker`. */
  outputs: Readonly<Record<string, string>>;
  concurrency: number;
  close(): Promise<void>;
};

/**
 * What a deployment looks like from outside, around a local broker: https, an API Gateway that wants signatures, and the few
 * operations of CloudFormation, STS and Lambda that the command asks for, in the form that AWS documents.
 */
export async function startDeployedBroker(brokerUrl: string, keys: Keys): Promise<DeployedBroker> {
  const server = createServer({
    key: readFileSync(fixture("test-only-https.key.pem")),
    cert: readFileSync(certificateFile),
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const deployed: DeployedBroker = {
    url,
    region: "sa-east-1",
    signed: [],
    whim: undefined,
    ahead: 0,
    outputs: { ApiUrl: url, TableName: "chaveiro" },
    concurrency: 1_000,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on("request", async (incoming, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = "", url: path = "", headers } = incoming;
    const answer = await answerOf(deployed, brokerUrl, keys, {
      method,
      url: path,
      headers,
      body: Buffer.concat(chunks).toString(),
    });
    const date = new Date(Date.now() + deployed.ahead).toUTCString();
    response.writeHead(answer.status, { date, ...answer.headers }).end(answer.body);
  });
  return deployed;
}

async function answerOf(
  deployed: DeployedBroker,
  brokerUrl: string,
  keys: Keys,
  request: SignedRequest,
): Promise<Whim> {
  const { method, url, body } = request;
  if (url.startsWith("/auth/") || url === "/healthz") return pass(brokerUrl, request);
  if (deployed.whim !== undefined) return deployed.whim;
  const checked = checkSignature(request, keys, Date.now() + deployed.ahead);
  if (checked.refusal !== undefined) return { status: 403, body: JSON.stringify({ message: checked.refusal }) };
  const { service, region } = checked;
  deployed.signed.push(`${service} ${method} ${url}`);
  if (region !== deployed.region)
    return { status: 403, body: JSON.stringify({ message: "Credential should be scoped to a valid region." }) };
  if (service === "execute-api") return pass(brokerUrl, request);
  if (service === "lambda" && url === "/2016-08-19/account-settings/") return accountSettings(deployed.concurrency);
  const form = new URLSearchParams(body);
  if (service === "sts" && form.get("Action") === "GetCallerIdentity") return callerIdentity;
  if (service === "cloudformation" && form.get("Action") === "DescribeStacks")
    return stacks(deployed, form.get("StackName") ?? "");
  return { status: 404, body: '{"message":"Not Found"}' };
}

async function pass(brokerUrl: string, { method, url, body }: SignedRequest): Promise<Whim> {
  const sent = body === "" ? {} : { body, headers: { "content-type": "application/json" } };
  const answer = await fetch(brokerUrl + url, { method, redirect: "manual", ...sent });
  const headers = Object.fromEntries(
    ["location", "content-type", "retry-after"].flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  return { status: answer.status, headers, body: await answer.text() };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
function stacks({ outputs }: DeployedBroker, name: string): Whim {
  if (name !== "Broker") {
    const body = `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message></Error></ErrorResponse>`;
    return { status: 400, body };
  }
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value.replaceAll("&", "&amp;")}</OutputValue><Description>d</Description></member>`,
  );
  const stack = `<StackName>Broker</StackName><Tags><member><Key>a</Key><Value>b</Value></member></Tags><Outputs>${members.join("\n")}</Outputs>`;
  return {
    status: 200,
    body: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>${stack}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  };
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const callerIdentity: Whim = {
  status: 200,
  body: "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ana</Arn><UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
};

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
function accountSettings(concurrency: number): Whim {
  const AccountLimit = {
    TotalCodeSize: 80530636800,
    ConcurrentExecutions: concurrency,
    UnreservedConcurrentExecutions: concurrency,
  };
  return { status: 200, body: JSON.stringify({ AccountLimit, AccountUsage: { TotalCodeSize: 1, FunctionCount: 9 } }) };
}
