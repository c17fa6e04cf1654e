import { DecryptCommand } from "@aws-sdk/client-kms";
import { CompactEncrypt, decodeProtectedHeader } from "jose";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { kmsVault } from "../../../shared/aws/kms-vault.ts";
import { type Vault, VaultError } from "../../../shared/broker/ports.ts";
import { createKmsKey, type LocalAwsHost, startLocalAws } from "../../contracts/aws-host.ts";

const id = "rd-station/acme";

let host: LocalAwsHost;
let vault: Vault;
beforeAll(async () => {
  host = await startLocalAws();
  vault = kmsVault({ client: host.kms, keyId: await createKmsKey(host) });
});
afterEach(() => host.setFaults([]));
afterAll(() => host.close());

const sealed = async () => (await vault.createKey(id)).seal("token", "attempt-1");

it("says in the header for whom and by whom it was sealed, and nothing more", async () => {
  const { jwe } = await sealed();
  expect(decodeProtectedHeader(jwe)).toEqual({ alg: "dir", enc: "A256GCM", con: id, att: "attempt-1" });
  expect(jwe.split(".")[1]).toBe("");
});

it("binds the data key to the connection at KMS", async () => {
  const { dataKey } = await sealed();
  const decrypt = (context: Record<string, string>) =>
    host.kms.send(new DecryptCommand({ CiphertextBlob: Buffer.from(dataKey, "base64"), EncryptionContext: context }));
  expect((await decrypt({ "chaveiro:connection": id })).Plaintext).toHaveLength(32);
  await expect(decrypt({})).rejects.toMatchObject({ name: "InvalidCiphertextException" });
});

it("compares the connection in the header, also where the key is right", async () => {
  const { dataKey } = await sealed();
  const { Plaintext = new Uint8Array() } = await host.kms.send(
    new DecryptCommand({
      CiphertextBlob: Buffer.from(dataKey, "base64"),
      EncryptionContext: { "chaveiro:connection": id },
    }),
  );
  const jweFor = (header: Record<string, string>) =>
    new CompactEncrypt(Buffer.from("token"))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", ...header })
      .encrypt(Plaintext);
  const key = await vault.openKey(id, { jwe: "", dataKey });
  const open = async (header: Record<string, string>) => key.open({ jwe: await jweFor(header), dataKey }, "attempt-1");
  expect(await open({ con: id, att: "attempt-1" })).toBe("token");
  for (const header of [{ con: "rd-station/other", att: "attempt-1" }, { con: id }, { att: "attempt-1" }, {}]) {
    await expect(open(header)).rejects.toThrow(VaultError);
  }
});

it("asks KMS once for a key, and not for what is sealed and opened with it", async () => {
  const found = await sealed();
  expect(await host.countRequests(sealed)).toEqual({ "kms.GenerateDataKey": 1 });
  const openAndSeal = async () => {
    const key = await vault.openKey(id, found);
    await key.open(found, "attempt-1");
    await key.seal("next", "attempt-2");
  };
  expect(await host.countRequests(openAndSeal)).toEqual({ "kms.Decrypt": 1 });
});

it("keeps the key out of everything that it hands out", async () => {
  const key = await vault.createKey(id);
  const { dataKey } = await key.seal("token", "attempt-1");
  const { Plaintext = new Uint8Array() } = await host.kms.send(
    new DecryptCommand({
      CiphertextBlob: Buffer.from(dataKey, "base64"),
      EncryptionContext: { "chaveiro:connection": id },
    }),
  );
  expect(Object.values(key).every((member) => typeof member === "function")).toBe(true);
  expect(JSON.stringify(key)).not.toContain(Buffer.from(Plaintext).toString("base64"));
});

it.each([
  ["GenerateDataKey", () => vault.createKey(id)],
  ["Decrypt", async () => vault.openKey(id, { jwe: "", dataKey: "AAAA" })],
])("turns a failure of %s into a VaultError with its cause", async (operation, call) => {
  await host.setFaults([{ service: "kms", operation, error: "AccessDeniedException" }]);
  await expect(call()).rejects.toMatchObject({
    name: "VaultError",
    code: "vault_error",
    cause: { name: "AccessDeniedException" },
  });
});
