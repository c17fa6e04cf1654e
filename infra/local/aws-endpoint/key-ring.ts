import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from "node:crypto";
import { localAccount } from "./aws-service.ts";
import { openJournal } from "./journal.ts";

/** A KMS key with its material. The material never leaves the key ring's journal, which only its owner can read. */
export type MasterKey = {
  readonly id: string;
  readonly arn: string;
  readonly manager: "AWS" | "CUSTOMER";
  readonly description: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** 32 bytes as base64. */
  readonly material: string;
};

/** Authenticated beside the ciphertext; order does not matter. */
export type EncryptionContext = ReadonlyMap<string, string>;

export type KeyRing = {
  readonly createKey: (key: Pick<MasterKey, "description" | "manager"> & { readonly region: string }) => MasterKey;
  /** Points an alias (`alias/…`) at a key. */
  readonly createAlias: (alias: string, key: MasterKey) => void;
  /**
   * Finds a key by id, ARN, alias or alias ARN; region and account in an ARN are not compared. As on AWS, the key
   * behind an alias that starts with `alias/aws/` is made when it is first named.
   */
  readonly resolve: (keyId: string, region: string) => MasterKey | undefined;
  /** Encrypts with AES-256-GCM; the result names its key. Any length. */
  readonly seal: (key: MasterKey, plaintext: Buffer, context: EncryptionContext) => Buffer;
  /** Names the key that sealed a ciphertext; undefined where the bytes are none of ours. */
  readonly sealedBy: (ciphertext: Buffer) => MasterKey | undefined;
  /** Decrypts; undefined where the ciphertext or its context are not what was sealed. */
  readonly open: (ciphertext: Buffer, context: EncryptionContext) => Buffer | undefined;
  readonly close: () => void;
};

type KeyRecord = { readonly key: MasterKey } | { readonly alias: string; readonly keyId: string };

const format = 1;
const headerLength = 1 + 16 + 12 + 16;

/**
 * Opens the master keys of the local KMS.
 *
 * @param options.path file of the keys, made with mode 0600; undefined keeps them in memory.
 * @param options.now epoch milliseconds.
 */
export function openKeyRing(options: { readonly path: string | undefined; readonly now: () => number }): KeyRing {
  const keys = new Map<string, MasterKey>();
  const aliases = new Map<string, string>();
  const take = (record: KeyRecord): void => {
    if ("key" in record) keys.set(record.key.id, record.key);
    else aliases.set(record.alias, record.keyId);
  };
  const journal = openJournal<KeyRecord>({
    path: options.path,
    replay: take,
    snapshot: function* () {
      for (const key of keys.values()) yield { key };
      for (const [alias, keyId] of aliases) yield { alias, keyId };
    },
  });
  const record = (entry: KeyRecord): void => {
    journal.append(entry);
    take(entry);
  };

  const createKey: KeyRing["createKey"] = ({ region, manager, description }) => {
    const id = randomUUID();
    const arn = `arn:aws:kms:${region}:${localAccount}:key/${id}`;
    const material = randomBytes(32).toString("base64");
    const key: MasterKey = { id, arn, manager, description, createdAt: options.now(), material };
    record({ key });
    return key;
  };
  const createAlias: KeyRing["createAlias"] = (alias, key) => record({ alias, keyId: key.id });

  const resolve: KeyRing["resolve"] = (keyId, region) => {
    const name = keyId.startsWith("arn:")
      ? keyId
          .split(":")
          .slice(5)
          .join(":")
          .replace(/^key\//, "")
      : keyId;
    if (!name.startsWith("alias/")) return keys.get(name);
    const known = keys.get(aliases.get(name) ?? "");
    if (known !== undefined || !name.startsWith("alias/aws/")) return known;
    const key = createKey({ region, manager: "AWS", description: `Default key of ${name.slice("alias/aws/".length)}` });
    createAlias(name, key);
    return key;
  };

  const sealedBy: KeyRing["sealedBy"] = (ciphertext) => {
    if (ciphertext.length < headerLength || ciphertext[0] !== format) return undefined;
    const hex = ciphertext.subarray(1, 17).toString("hex");
    return keys.get(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"));
  };

  return {
    createKey,
    createAlias,
    resolve,
    sealedBy,
    seal: (key, plaintext, context) => {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", Buffer.from(key.material, "base64"), iv);
      cipher.setAAD(authenticated(key, context));
      const encrypted = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      const id = Buffer.from(key.id.replaceAll("-", ""), "hex");
      return Buffer.concat([Buffer.of(format), id, iv, cipher.getAuthTag(), encrypted]);
    },
    open: (ciphertext, context) => {
      const key = sealedBy(ciphertext);
      if (key === undefined) return undefined;
      const material = Buffer.from(key.material, "base64");
      const decipher = createDecipheriv("aes-256-gcm", material, ciphertext.subarray(17, 29), { authTagLength: 16 });
      decipher.setAuthTag(ciphertext.subarray(29, headerLength));
      decipher.setAAD(authenticated(key, context));
      try {
        return Buffer.concat([decipher.update(ciphertext.subarray(headerLength)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
    close: journal.close,
  };
}

function authenticated(key: MasterKey, context: EncryptionContext): Buffer {
  const pairs = [...context].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Buffer.from(JSON.stringify([key.id, pairs]));
}
