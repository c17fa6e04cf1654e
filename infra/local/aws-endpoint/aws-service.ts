/** A JSON object as it travels; members are read with `request-members.ts`. */
export type JsonObject = Readonly<Record<string, unknown>>;

export type Caller = {
  /** Region in the credential scope of the signature; it only decides which region new ARNs name. */
  readonly region: string;
};

/** Does one operation; throws an `AwsError` for what the service refuses. */
export type AwsOperation = (input: JsonObject, caller: Caller) => JsonObject | Promise<JsonObject>;

export type AwsService = {
  /** Signing name, also the name in `/_local/requests` and `/_local/faults`. */
  readonly name: "dynamodb" | "secretsmanager" | "kms" | "events";
  /** What the service's `X-Amz-Target` starts with, before the dot. */
  readonly target: string;
  /** Largest request body in bytes. */
  readonly bodyLimit: number;
  readonly operations: ReadonlyMap<string, AwsOperation>;
};

/** The account in every ARN that is made here. */
export const localAccount = "000000000000";
