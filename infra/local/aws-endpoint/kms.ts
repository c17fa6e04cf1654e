import { createHash, randomBytes } from "node:crypto";
import { awsError, constraintError } from "./aws-error.ts";
import { type AwsOperation, type AwsService, type Caller, type JsonObject, localAccount } from "./aws-service.ts";
import type { KeyRing, MasterKey } from "./key-ring.ts";
import { blob, flag, integer, requiredText, text, textMap } from "./request-members.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Makes the KMS service (symmetric keys only) over a key ring. */
export function createKms(keyRing: KeyRing): AwsService {
  const operations: Readonly<Record<string, AwsOperation>> = {
    CreateKey: (input, { region }) => {
      refuseUnsupported(input, ["CustomKeyStoreId", "XksKeyId", "MultiRegion"]);
      for (const [member, only] of symmetricOnly)
        if ((text(input, member) ?? only) !== only) throw unsupported(`${member} other than ${only}`);
      const description = text(input, "Description", { max: 8192 }) ?? "";
      return { KeyMetadata: metadata(keyRing.createKey({ region, description, manager: "CUSTOMER" })) };
    },
    CreateAlias: (input, caller) => {
      const alias = requiredText(input, "AliasName", { min: 1, max: 256 });
      if (!/^alias\/[a-zA-Z0-9:/_-]+$/.test(alias))
        throw awsError("InvalidAliasNameException", "Alias must start with 'alias/' and have only [a-zA-Z0-9:/_-].");
      if (alias.startsWith("alias/aws/"))
        throw awsError("NotAuthorizedException", "Aliases that start with 'alias/aws/' belong to AWS.");
      const target = requiredText(input, "TargetKeyId", { min: 1, max: 2048 });
      if (/^(arn:.*:)?alias\//.test(target)) throw awsError("ValidationException", "Aliases must refer to keys.");
      const key = findKey(keyRing, target, caller);
      if (keyRing.resolve(alias, caller.region) !== undefined)
        throw awsError("AlreadyExistsException", `An alias with the name ${aliasArn(alias, caller)} already exists`);
      keyRing.createAlias(alias, key);
      return {};
    },
    DescribeKey: (input, caller) => ({ KeyMetadata: metadata(requestedKey(keyRing, input, caller)) }),
    Encrypt: (input, caller) => {
      const plaintext = blob(input, "Plaintext", { min: 1, max: 4096 });
      if (plaintext === undefined) throw constraintError("Plaintext", "Member must not be null");
      const key = requestedKey(keyRing, input, caller);
      refuseDryRun(input);
      return {
        CiphertextBlob: keyRing.seal(key, plaintext, textMap(input, "EncryptionContext")).toString("base64"),
        KeyId: key.arn,
        EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
      };
    },
    Decrypt: (input, caller) => {
      refuseUnsupported(input, ["Recipient"]);
      const ciphertext = blob(input, "CiphertextBlob", { min: 1, max: 6144 });
      if (ciphertext === undefined) throw constraintError("CiphertextBlob", "Member must not be null");
      const expected = input["KeyId"] == null ? undefined : requestedKey(keyRing, input, caller);
      const key = keyRing.sealedBy(ciphertext);
      if (expected !== undefined && key !== undefined && expected.id !== key.id)
        throw awsError(
          "IncorrectKeyException",
          "The key ID in the request does not identify a CMK that can perform this operation.",
        );
      const plaintext = keyRing.open(ciphertext, textMap(input, "EncryptionContext"));
      if (key === undefined || plaintext === undefined) throw awsError("InvalidCiphertextException", undefined);
      refuseDryRun(input);
      return {
        KeyId: key.arn,
        Plaintext: plaintext.toString("base64"),
        EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
        KeyMaterialId: materialId(key),
      };
    },
    GenerateDataKey: (input, caller) => {
      const dataKey = generateDataKey(keyRing, input, caller);
      return { ...dataKey.answer, Plaintext: dataKey.plaintext.toString("base64") };
    },
    GenerateDataKeyWithoutPlaintext: (input, caller) => generateDataKey(keyRing, input, caller).answer,
  };
  return {
    name: "kms",
    target: "TrentService",
    bodyLimit: 256 * 1024,
    operations: new Map(Object.entries(operations)),
  };
}

const symmetricOnly = [
  ["KeySpec", "SYMMETRIC_DEFAULT"],
  ["CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"],
  ["KeyUsage", "ENCRYPT_DECRYPT"],
  ["Origin", "AWS_KMS"],
] as const;

function generateDataKey(
  keyRing: KeyRing,
  input: JsonObject,
  caller: Caller,
): { readonly plaintext: Buffer; readonly answer: JsonObject } {
  refuseUnsupported(input, ["Recipient"]);
  const spec = text(input, "KeySpec");
  const bytes = integer(input, "NumberOfBytes", { min: 1, max: 1024 });
  if (spec !== undefined && spec !== "AES_256" && spec !== "AES_128")
    throw constraintError("KeySpec", "Member must satisfy enum value set: [AES_256, AES_128]");
  if ((spec === undefined) === (bytes === undefined))
    throw awsError("ValidationException", "Please specify either number of bytes or key spec.");
  const key = requestedKey(keyRing, input, caller);
  refuseDryRun(input);
  const plaintext = randomBytes(bytes ?? (spec === "AES_128" ? 16 : 32));
  const ciphertext = keyRing.seal(key, plaintext, textMap(input, "EncryptionContext")).toString("base64");
  return { plaintext, answer: { CiphertextBlob: ciphertext, KeyId: key.arn, KeyMaterialId: materialId(key) } };
}

function requestedKey(keyRing: KeyRing, input: JsonObject, caller: Caller): MasterKey {
  return findKey(keyRing, requiredText(input, "KeyId", { min: 1, max: 2048 }), caller);
}

function findKey(keyRing: KeyRing, keyId: string, caller: Caller): MasterKey {
  const key = keyRing.resolve(keyId, caller.region);
  if (key !== undefined) return key;
  if (keyId.startsWith("alias/")) throw awsError("NotFoundException", `Alias ${aliasArn(keyId, caller)} is not found.`);
  if (keyId.startsWith("arn:") && keyId.includes(":alias/"))
    throw awsError("NotFoundException", `Alias ${keyId} is not found.`);
  if (keyId.startsWith("arn:")) throw awsError("NotFoundException", `Key '${keyId}' does not exist`);
  if (!uuid.test(keyId)) throw awsError("NotFoundException", `Invalid keyId '${keyId}'`);
  const arn = `arn:aws:kms:${caller.region}:${localAccount}:key/${keyId}`;
  throw awsError("NotFoundException", `Key '${arn}' does not exist`);
}

function aliasArn(alias: string, { region }: Caller): string {
  return `arn:aws:kms:${region}:${localAccount}:${alias}`;
}

function unsupported(what: string): Error {
  return awsError("UnsupportedOperationException", `The local endpoint does not support ${what}: leave it out.`);
}

function refuseUnsupported(input: JsonObject, members: readonly string[]): void {
  for (const member of members) if (input[member] != null && input[member] !== false) throw unsupported(member);
}

function refuseDryRun(input: JsonObject): void {
  if (flag(input, "DryRun") === true)
    throw awsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.", 412);
}

function materialId(key: MasterKey): string {
  return createHash("sha256").update(key.id).update(key.material).digest("hex");
}

function metadata(key: MasterKey): JsonObject {
  return {
    AWSAccountId: localAccount,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.createdAt / 1000,
    Enabled: true,
    Description: key.description,
    KeyUsage: "ENCRYPT_DECRYPT",
    KeyState: "Enabled",
    Origin: "AWS_KMS",
    KeyManager: key.manager,
    KeySpec: "SYMMETRIC_DEFAULT",
    CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
    EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
    MultiRegion: false,
    CurrentKeyMaterialId: materialId(key),
  };
}
