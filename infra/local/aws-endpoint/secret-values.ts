import { constraintError, secretsManagerError } from "./aws-error.ts";
import type { JsonObject } from "./aws-service.ts";
import type { KeyRing, MasterKey } from "./key-ring.ts";
import { blob, text } from "./request-members.ts";
import type { Secret, SecretVersion } from "./secret.ts";

/** A secret value in the clear. It lives in memory during one request, never in a file, an error or a log. */
export type SecretValue = { readonly member: SecretVersion["member"]; readonly bytes: Buffer };

const valueLimit = 65_536;

/** Reads the value in a request; undefined where it carries none. Throws where it carries two, or one too long. */
export function requestedValue(input: JsonObject): SecretValue | undefined {
  const string = text(input, "SecretString");
  const binary = blob(input, "SecretBinary", { max: valueLimit });
  if (string !== undefined && binary !== undefined)
    throw secretsManagerError(
      "InvalidParameterException",
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  const bytes = string === undefined ? binary : Buffer.from(string);
  if (bytes === undefined) return undefined;
  const member = string === undefined ? "SecretBinary" : "SecretString";
  if (bytes.length > valueLimit)
    throw constraintError(member, `Member must have length less than or equal to ${valueLimit}`);
  if (bytes.length === 0) throw constraintError(member, "Member must have length greater than or equal to 1");
  return { member, bytes };
}

/** Encryption of secret values, under the secret's own KMS key or `aws/secretsmanager`. */
export type SecretVault = {
  /** Throws EncryptionFailure where the secret names a KMS key that does not exist. */
  readonly seal: (secret: SecretKeyChoice, versionId: string, value: SecretValue) => string;
  readonly unseal: (secret: Pick<Secret, "arn">, version: SecretVersion) => SecretValue;
};

type SecretKeyChoice = Pick<Secret, "arn" | "kmsKeyId">;

/** Makes the encryption of secret values over the local KMS keys. */
export function createSecretVault(keyRing: KeyRing): SecretVault {
  const context = (arn: string, versionId: string): ReadonlyMap<string, string> =>
    new Map([
      ["SecretARN", arn],
      ["SecretVersionId", versionId],
    ]);
  const keyOf = (secret: SecretKeyChoice): MasterKey => {
    const region = secret.arn.split(":")[3] ?? "us-east-1";
    const key = keyRing.resolve(secret.kmsKeyId ?? "alias/aws/secretsmanager", region);
    if (key !== undefined) return key;
    throw secretsManagerError(
      "EncryptionFailure",
      "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state.",
    );
  };
  return {
    seal: (secret, versionId, { bytes }) =>
      keyRing.seal(keyOf(secret), bytes, context(secret.arn, versionId)).toString("base64"),
    unseal: ({ arn }, { id, member, sealed }) => {
      const bytes = keyRing.open(Buffer.from(sealed, "base64"), context(arn, id));
      if (bytes !== undefined) return { member, bytes };
      throw secretsManagerError(
        "DecryptionFailure",
        "Secrets Manager can't decrypt the protected secret text: the local KMS keys are not the ones it was encrypted with. Restore them, or start with an empty data directory.",
      );
    },
  };
}

/** Tells whether two values are the same to Secrets Manager. */
export function sameValue(a: SecretValue, b: SecretValue): boolean {
  return a.member === b.member && a.bytes.equals(b.bytes);
}
