import { type AwsRequest, awsRequest } from "./aws/aws-request.ts";
import { type AwsIdentity, awsIdentity } from "./aws/identity.ts";
import { signedFetch } from "./aws/signed-fetch.ts";
import { outputNamed, stackOutputs } from "./aws/stack-outputs.ts";
import type { StoredData } from "./aws/stored-data.ts";
import { type BrokerAddress, localUrl, readAddress } from "./broker/broker-address.ts";
import { type BrokerClient, brokerClient } from "./broker/broker-client.ts";
import { CommandError } from "./command-error.ts";
import { exitCodes } from "./exit-codes.ts";
import type { GlobalOptions, Session } from "./session.ts";

/** The broker that a command is about, and what belongs to it. */
export type Target = {
  readonly broker: BrokerClient;
  readonly address: BrokerAddress;
  readonly identity: AwsIdentity;
  readonly aws: AwsRequest;
  readonly prefix: string;
  /** The SDK that reaches it is loaded only now: most commands do without. */
  storedData(): Promise<StoredData>;
  /** @throws CommandError `table_missing` */
  tableName(): string;
};

/**
 * Finds the broker: `--url`, the output of `--stack`, `CHAVEIRO_URL`, or the one of `npm start`.
 *
 * @throws CommandError where it cannot be found
 */
export async function findTarget(session: Session, options: GlobalOptions): Promise<Target> {
  const { env, signal } = session;
  const givenUrl = options.url ?? (options.stack === undefined ? env["CHAVEIRO_URL"] || undefined : undefined);
  const given = givenUrl === undefined ? undefined : readAddress(givenUrl);
  const identity = awsIdentity(env, options.region ?? given?.region);
  const aws = awsRequest(identity, env, signal);
  const outputs = options.stack === undefined ? new Map<string, string>() : await stackOutputs(aws, options.stack);
  const address =
    given ?? readAddress(options.stack === undefined ? localUrl : output(outputs, options.stack, "ApiUrl"));
  const send = address.isLocal
    ? (url: string, init: RequestInit) => fetch(url, init)
    : signedFetch(identity, "execute-api");
  return {
    broker: brokerClient({ address, send, signal }),
    address,
    identity,
    aws,
    prefix: options.prefix || outputNamed(outputs, "SecretPrefix") || env["CHAVEIRO_PREFIX"] || "chaveiro",
    async storedData() {
      const { deployedData, localData } = await import("./aws/stored-data.ts");
      return address.isLocal ? localData(env, session.clock) : deployedData(await identity.region(), session.clock);
    },
    tableName: () => {
      const name = options.table || outputNamed(outputs, "TableName") || (address.isLocal ? "chaveiro" : undefined);
      if (name !== undefined) return name;
      throw new CommandError(
        "table_missing",
        exitCodes.usage,
        "It is not known which table this broker keeps its connections in.",
        {
          advice: "Name the stack with --stack, or the table with --table.",
        },
      );
    },
  };
}

function output(outputs: ReadonlyMap<string, string>, stack: string, key: string): string {
  const value = outputNamed(outputs, key);
  if (value !== undefined) return value;
  throw new CommandError(
    "stack_not_found",
    exitCodes.notFound,
    `The stack ${stack} has no output ${key}, or two of them.`,
    {
      advice: "Name the stack that a broker was deployed with, or give the broker's address with --url.",
    },
  );
}
