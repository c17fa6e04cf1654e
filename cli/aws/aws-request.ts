import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import type { AwsIdentity } from "./identity.ts";
import { credentialsAdvice } from "./refused-credentials.ts";
import { signedFetch } from "./signed-fetch.ts";
import { elementText } from "./xml.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Longest that an answer of AWS may take. */
const longestRequest = 15_000;

export type AwsCall = {
  /** As its host name and its signature have it. */
  readonly service: "cloudformation" | "lambda" | "sts";
  readonly path?: string;
  /** Sent as a form; without it, the request is a GET. */
  readonly form?: Readonly<Record<string, string>>;
};

/** One signed request to a service of AWS. @returns the answer's text */
export type AwsRequest = (call: AwsCall) => Promise<string>;

/**
 * For the few services of which the command needs one operation: too little for an SDK's client.
 *
 * @throws CommandError of the returned function: `aws_unreachable`, or AWS' own code where it refuses
 */
export function awsRequest(identity: AwsIdentity, env: Environment, signal: AbortSignal): AwsRequest {
  return async ({ service, path = "/", form }) => {
    const url = endpointOf(service, await identity.region(), env) + path;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(longestRequest)]);
    const body = form === undefined ? {} : { method: "POST", body: new URLSearchParams(form).toString() };
    const headers = form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
    let response: Response;
    let text: string;
    try {
      response = await signedFetch(identity, service)(url, { ...body, headers, signal: limit });
      text = await response.text();
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof CommandError) throw cause;
      const advice = "Look at the Region, and whether this machine reaches AWS.";
      throw new CommandError("aws_unreachable", exitCodes.unreachable, `${url} does not answer.`, { advice, cause });
    }
    if (response.ok) return text;
    throw refusal(service, response, text);
  };
}

function endpointOf(service: AwsCall["service"], region: string, env: Environment): string {
  const given = env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || env["AWS_ENDPOINT_URL"];
  if (given) return given.replace(/\/+$/, "");
  return `https://${service}.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

function refusal(service: string, response: Response, text: string): CommandError {
  const code =
    elementText(text, "Code") ?? response.headers.get("x-amzn-errortype")?.split(":")[0] ?? `http_${response.status}`;
  const said =
    elementText(text, "Message") ?? /"[Mm]essage"\s*:\s*"([^"\\]*)"/.exec(text)?.[1] ?? `status ${response.status}`;
  const isAllowed = response.status !== 403 && response.status !== 401;
  const advice = isAllowed
    ? undefined
    : credentialsAdvice(code, "Use credentials that may ask it; docs/command.md lists what each command needs.");
  const exitCode = isAllowed ? exitCodes.failed : exitCodes.notAllowed;
  return new CommandError(code, exitCode, `AWS (${service}) refused: ${said}`, { advice });
}
