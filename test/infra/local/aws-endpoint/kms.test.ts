import { randomUUID } from "node:crypto";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
} from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AwsEndpoint, startAwsEndpoint } from "../../../../infra/local/aws-endpoint/start-aws-endpoint.ts";
import { awsClients } from "./aws-clients.ts";

let endpoint: AwsEndpoint;
let kms: ReturnType<typeof awsClients>["kms"];
let KeyId: string;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ port: 0, dataDirectory: undefined });
  kms = awsClients(endpoint.url).kms;
  KeyId = (await kms.send(new CreateKeyCommand({ Description: "ours" }))).KeyMetadata?.KeyId ?? "";
});
afterAll(() => endpoint.close());

const EncryptionContext = { connection: "rd-station/acme", table: "connections" };

describe("the local KMS", () => {
  it("describes a key by id, ARN, alias and alias ARN", async () => {
    const alias = `alias/${randomUUID()}`;
    await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyId }));
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata).toMatchObject({
      KeyId,
      Arn: `arn:aws:kms:sa-east-1:000000000000:key/${KeyId}`,
      Description: "ours",
      KeyState: "Enabled",
      KeyManager: "CUSTOMER",
      KeySpec: "SYMMETRIC_DEFAULT",
    });
    expect(KeyMetadata?.CreationDate).toBeInstanceOf(Date);
    for (const id of [KeyMetadata?.Arn ?? "", alias, `arn:aws:kms:sa-east-1:000000000000:${alias}`])
      expect((await kms.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata?.KeyId).toBe(KeyId);
    await expect(kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyId }))).rejects.toMatchObject({
      name: "AlreadyExistsException",
    });
  });

  it("makes the key of an AWS service when it is first named", async () => {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: "alias/aws/secretsmanager" }));
    expect(KeyMetadata?.KeyManager).toBe("AWS");
    const again = await kms.send(new DescribeKeyCommand({ KeyId: "alias/aws/secretsmanager" }));
    expect(again.KeyMetadata?.KeyId).toBe(KeyMetadata?.KeyId);
  });

  it("says that a key or an alias is not there", async () => {
    for (const id of ["nonsense", randomUUID(), "alias/nothing", "arn:aws:kms:sa-east-1:000000000000:alias/nothing"])
      await expect(kms.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: "AES_256" }))).rejects.toMatchObject({
        name: "NotFoundException",
      });
  });

  it("generates data keys of the length asked for, each another", async () => {
    const sizes = [{ KeySpec: "AES_256" }, { KeySpec: "AES_128" }, { NumberOfBytes: 64 }] as const;
    const keys = await Promise.all(sizes.map((size) => kms.send(new GenerateDataKeyCommand({ KeyId, ...size }))));
    expect(keys.map((key) => key.Plaintext?.length)).toEqual([32, 16, 64]);
    for (const { CiphertextBlob, Plaintext } of keys)
      expect((await kms.send(new DecryptCommand({ CiphertextBlob }))).Plaintext).toEqual(Plaintext);
    const twice = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" }));
    expect(twice.Plaintext).not.toEqual(keys[0]?.Plaintext);
  });

  it("generates a data key without giving it away", async () => {
    const answer = await kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: "AES_256" }));
    expect(answer).not.toHaveProperty("Plaintext");
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: answer.CiphertextBlob }));
    expect(opened.Plaintext).toHaveLength(32);
  });

  it("wants either a key spec or a number of bytes", async () => {
    for (const size of [{}, { KeySpec: "AES_256", NumberOfBytes: 32 }, { NumberOfBytes: 1025 }] as const)
      await expect(kms.send(new GenerateDataKeyCommand({ KeyId, ...size }))).rejects.toMatchObject({
        name: "ValidationException",
      });
  });

  it("decrypts what it encrypted, with the context in any order, and names the key", async () => {
    const Plaintext = Buffer.from("a value");
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }));
    expect(Buffer.from(CiphertextBlob ?? []).includes(Plaintext)).toBe(false);
    const { connection, table } = EncryptionContext;
    const opened = await kms.send(
      new DecryptCommand({ CiphertextBlob, EncryptionContext: { table, connection }, KeyId }),
    );
    expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe("a value");
    expect(opened.KeyId).toBe(`arn:aws:kms:sa-east-1:000000000000:key/${KeyId}`);
  });

  it("does not decrypt under another context, or what was changed", async () => {
    const { CiphertextBlob = Uint8Array.of() } = await kms.send(
      new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256", EncryptionContext }),
    );
    const changed = Uint8Array.from(CiphertextBlob);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    for (const attempt of [
      { CiphertextBlob },
      { CiphertextBlob, EncryptionContext: { ...EncryptionContext, connection: "rd-station/other" } },
      { CiphertextBlob, EncryptionContext: { ...EncryptionContext, more: "" } },
      { CiphertextBlob: changed, EncryptionContext },
      { CiphertextBlob: Buffer.from("nonsense"), EncryptionContext },
    ])
      await expect(kms.send(new DecryptCommand(attempt))).rejects.toMatchObject({
        name: "InvalidCiphertextException",
        $metadata: { httpStatusCode: 400 },
      });
  });

  it("does not decrypt with a key that did not encrypt", async () => {
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("x") }));
    await expect(
      kms.send(new DecryptCommand({ CiphertextBlob, KeyId: "alias/aws/secretsmanager" })),
    ).rejects.toMatchObject({ name: "IncorrectKeyException" });
  });

  it("refuses more than 4,096 bytes, and keys that it could not make as asked", async () => {
    await expect(kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(4097) }))).rejects.toMatchObject({
      name: "ValidationException",
    });
    await expect(
      kms.send(new CreateKeyCommand({ KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" })),
    ).rejects.toMatchObject({ name: "UnsupportedOperationException" });
  });
});
