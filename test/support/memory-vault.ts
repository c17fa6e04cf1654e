import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import type { Sealed } from "../../shared/broker/connection.ts";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import { type Vault, VaultError, type VaultKey } from "../../shared/broker/ports.ts";

/**
 * A vault that is its own KMS. It really encrypts, so that no token is in a record by accident, and it draws nothing at
 * random, so that a simulation runs the same way twice. It runs the same contract suite as the one on KMS.
 *
 * @param name begins the names of the data keys it makes: vaults of different names open each other's, and make no two alike
 */
export function memoryVault(name = "key"): Vault {
  let keys = 0;
  let seals = 0;

  const keyOf = (id: ConnectionId, dataKey: string): VaultKey => {
    const key = createHash("sha256").update(dataKey).digest();
    const bind = (by: string) => Buffer.from(JSON.stringify([id, by]));
    return {
      async seal(text, by): Promise<Sealed> {
        const nonce = createHash("sha256").update(`${name} ${++seals}`).digest().subarray(0, 12);
        const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(bind(by));
        const parts = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
        return { jwe: Buffer.concat(parts).toString("base64url"), dataKey };
      },
      async open(sealed, by) {
        try {
          const bytes = Buffer.from(sealed.jwe, "base64url");
          const cipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAAD(bind(by));
          cipher.setAuthTag(bytes.subarray(-16));
          return cipher.update(bytes.subarray(12, -16)).toString() + cipher.final("utf8");
        } catch (cause) {
          throw new VaultError(`Something of ${id} could not be opened.`, { cause });
        }
      },
    };
  };

  return {
    async createKey(id) {
      return keyOf(id, `${name}-${++keys} of ${id}`);
    },
    async openKey(id, { dataKey }) {
      if (!/^[a-z]+-\d+ of /.test(dataKey) || !dataKey.endsWith(` of ${id}`)) {
        throw new VaultError(`The data key of ${id} could not be opened.`);
      }
      return keyOf(id, dataKey);
    },
  };
}
