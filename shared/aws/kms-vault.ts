import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { CompactEncrypt, compactDecrypt } from "jose";
import type { ConnectionId } from "../broker/connection-id.ts";
import { type Vault, VaultError, type VaultKey } from "../broker/ports.ts";

/**
 * A data key per connection from KMS, and what is sealed with it as a JWE (RFC 7516: `dir`, `A256GCM`).
 *
 * KMS opens a data key for the connection that it was made for only, by the encryption context; the JWE's header names
 * the connection and who sealed it.
 *
 * @param options.keyId id, ARN or alias of a symmetric KMS key
 */
export function kmsVault(options: { readonly client: KMSClient; readonly keyId: string }): Vault {
  const { client, keyId } = options;
  return {
    async createKey(id) {
      const { Plaintext, CiphertextBlob } = await orVaultError(`The data key of ${id} could not be made.`, () =>
        client.send(
          new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: "AES_256", EncryptionContext: encryptionContext(id) }),
        ),
      );
      if (Plaintext === undefined || CiphertextBlob === undefined)
        throw new VaultError(`KMS made no data key for ${id}.`);
      return vaultKey(id, Plaintext, Buffer.from(CiphertextBlob).toString("base64"));
    },
    async openKey(id, { dataKey }) {
      const { Plaintext } = await orVaultError(`The data key of ${id} could not be opened.`, () =>
        client.send(
          new DecryptCommand({
            KeyId: keyId,
            CiphertextBlob: Buffer.from(dataKey, "base64"),
            EncryptionContext: encryptionContext(id),
          }),
        ),
      );
      if (Plaintext === undefined) throw new VaultError(`KMS opened no data key for ${id}.`);
      return vaultKey(id, Plaintext, dataKey);
    },
  };
}

function encryptionContext(id: ConnectionId): Record<string, string> {
  return { "chaveiro:connection": id };
}

/** The key itself stays in here. */
function vaultKey(id: ConnectionId, key: Uint8Array, dataKey: string): VaultKey {
  return {
    async seal(text, by) {
      const jwe = await orVaultError(`Something of ${id} could not be sealed.`, () =>
        new CompactEncrypt(new TextEncoder().encode(text))
          .setProtectedHeader({ alg: "dir", enc: "A256GCM", con: id, att: by })
          .encrypt(key),
      );
      return { jwe, dataKey };
    },
    async open(sealed, by) {
      const { plaintext, protectedHeader } = await orVaultError(`Something of ${id} could not be opened.`, () =>
        compactDecrypt(sealed.jwe, key, { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] }),
      );
      // Decryption has proved that nobody changed these two. That they are the right ones is for us to see.
      if (protectedHeader["con"] !== id || protectedHeader["att"] !== by) {
        throw new VaultError(
          `Something of ${id} was sealed for another connection, or by somebody else than the item says.`,
        );
      }
      return new TextDecoder().decode(plaintext);
    },
  };
}

async function orVaultError<Result>(message: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw new VaultError(message, { cause });
  }
}
