import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import type { AwsRequest } from "./aws-request.ts";
import { elementText, elementTexts } from "./xml.ts";

/**
 * What a deployed stack says of itself, by the names of its outputs.
 *
 * @throws CommandError `stack_not_found`, and what `awsRequest` throws
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
 */
export async function stackOutputs(request: AwsRequest, name: string): Promise<ReadonlyMap<string, string>> {
  const form = { Action: "DescribeStacks", Version: "2010-05-15", StackName: name };
  const xml = await request({ service: "cloudformation", form }).catch((error: unknown) => {
    if (!(error instanceof CommandError) || error.code !== "ValidationError") throw error;
    throw new CommandError(
      "stack_not_found",
      exitCodes.notFound,
      `There is no stack ${name} in this account and Region.`,
      {
        advice: "Look at the name, the Region and the credentials; chaveiro doctor shows whose they are.",
        cause: error,
      },
    );
  });
  const [outputs = ""] = elementTexts(xml, "Outputs");
  return new Map(
    elementTexts(outputs, "member").map((member) => [
      elementText(member, "OutputKey") ?? "",
      elementText(member, "OutputValue") ?? "",
    ]),
  );
}

/**
 * An output of a broker. In a stack with other things in it CDK puts the names of constructs before its name, and a hash behind it.
 *
 * @returns undefined where there is none, and where two brokers have one
 */
export function outputNamed(outputs: ReadonlyMap<string, string>, name: string): string | undefined {
  const exact = outputs.get(name);
  if (exact !== undefined) return exact;
  const scoped = new RegExp(`${name}[0-9A-F]{8}$`);
  const [found, ...others] = [...outputs].filter(([key]) => scoped.test(key));
  return others.length > 0 ? undefined : found?.[1];
}
