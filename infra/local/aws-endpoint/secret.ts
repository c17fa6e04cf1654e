/** Staging label → id of the one version it is attached to. */
export type Labels = Readonly<Record<string, string>>;

export type SecretVersion = {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Which member the value came in and goes out by. */
  readonly member: "SecretString" | "SecretBinary";
  /** The value, encrypted by the key ring with ARN and version id as context; base64. */
  readonly sealed: string;
  /** Start of the UTC day of the last read, epoch milliseconds. */
  readonly accessedOn?: number;
};

export type Tag = { readonly Key: string; readonly Value: string };

export type Secret = {
  readonly arn: string;
  readonly name: string;
  readonly description?: string | undefined;
  /** As the caller named it; undefined is the key `aws/secretsmanager`. */
  readonly kmsKeyId?: string | undefined;
  readonly tags: readonly Tag[];
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly changedAt: number;
  readonly accessedOn?: number;
  /** Present while the secret is scheduled for deletion. */
  readonly deletion?: { readonly requestedAt: number; readonly scheduledFor: number } | undefined;
  /** Oldest first. */
  readonly versions: readonly SecretVersion[];
  readonly labels: Labels;
};
