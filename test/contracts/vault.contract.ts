import { beforeAll, describe, expect, it } from "vitest";
import type { Sealed } from "../../shared/broker/connection.ts";
import { type Vault, VaultError } from "../../shared/broker/ports.ts";

const acme = "rd-station/acme";
const other = "rd-station/other";

/** What every vault does. */
export function vaultContract(name: string, create: () => Promise<Vault>): void {
  describe(`vault: ${name}`, () => {
    let vault: Vault;
    beforeAll(async () => {
      vault = await create();
    });
    const sealed = async (text = "token", by = "attempt-1"): Promise<Sealed> =>
      (await vault.createKey(acme)).seal(text, by);

    it.each(["", "token", "Ünïcödé \u{1f511}", JSON.stringify({ accessToken: "x".repeat(8_000) })])(
      "opens what it has sealed: %#",
      async (text) => {
        const key = await vault.createKey(acme);
        const found = await key.seal(text, "attempt-1");
        expect(await key.open(found, "attempt-1")).toBe(text);
        const again = await vault.openKey(acme, found);
        expect(await again.open(found, "attempt-1")).toBe(text);
      },
    );

    it("goes on sealing with an opened key", async () => {
      const first = await sealed("first");
      const key = await vault.openKey(acme, first);
      const second = await key.seal("second", "attempt-2");
      expect(second.dataKey).toBe(first.dataKey);
      const reopened = await vault.openKey(acme, second);
      expect(await reopened.open(first, "attempt-1")).toBe("first");
      expect(await reopened.open(second, "attempt-2")).toBe("second");
    });

    it("shows nothing of the text, and the same text differently each time", async () => {
      const key = await vault.createKey(acme);
      const [one, two] = [await key.seal("refresh-token", "attempt-1"), await key.seal("refresh-token", "attempt-1")];
      expect(one.jwe).not.toBe(two.jwe);
      for (const text of ["refresh-token", Buffer.from("refresh-token").toString("base64url")]) {
        expect(JSON.stringify([one, two])).not.toContain(text);
      }
    });

    it("makes a key of its own each time", async () => {
      const [one, two] = [await sealed(), await sealed()];
      expect(one.dataKey).not.toBe(two.dataKey);
      const key = await vault.openKey(acme, two);
      await expect(key.open(one, "attempt-1")).rejects.toThrow(VaultError);
    });

    it("refuses what somebody else has sealed", async () => {
      const found = await sealed("token", "attempt-1");
      const key = await vault.openKey(acme, found);
      await expect(key.open(found, "attempt-2")).rejects.toThrow(VaultError);
    });

    it("refuses to open another connection's data key", async () => {
      await expect(vault.openKey(other, await sealed())).rejects.toThrow(VaultError);
    });

    it("refuses another connection's ciphertext", async () => {
      const key = await vault.createKey(other);
      const own = await key.seal("own", "attempt-1");
      const moved = { ...(await sealed()), dataKey: own.dataKey };
      await expect(key.open(moved, "attempt-1")).rejects.toThrow(VaultError);
    });

    it("refuses a damaged ciphertext", async () => {
      const found = await sealed();
      const key = await vault.openKey(acme, found);
      const middle = Math.floor(found.jwe.length / 2);
      const flipped = found.jwe[middle] === "A" ? "B" : "A";
      const damaged = [
        found.jwe.slice(0, middle) + flipped + found.jwe.slice(middle + 1),
        found.jwe.slice(0, -4),
        found.jwe.slice(4),
        "no ciphertext at all",
        "",
      ];
      for (const jwe of damaged) await expect(key.open({ ...found, jwe }, "attempt-1")).rejects.toThrow(VaultError);
    });

    it("refuses a damaged data key", async () => {
      const found = await sealed();
      for (const dataKey of [found.dataKey.slice(4), "AAAA", "no data key at all"]) {
        await expect(vault.openKey(acme, { ...found, dataKey })).rejects.toThrow(VaultError);
      }
    });

    it("says nothing of the material in its errors", async () => {
      const found = await sealed("refresh-token");
      const key = await vault.openKey(acme, found);
      const error: unknown = await key.open(found, "attempt-2").catch((failure: unknown) => failure);
      expect(error).toMatchObject({ name: "VaultError", code: "vault_error" });
      for (const text of ["refresh-token", found.jwe, found.dataKey]) expect(String(error)).not.toContain(text);
    });
  });
}
