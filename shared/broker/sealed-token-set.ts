import type { TokenSet } from "../oauth/token-set.ts";
import type { Sealed } from "./connection.ts";
import type { VaultKey } from "./ports.ts";

/** Encrypts a token set in the name of the attempt that received it. @throws VaultError */
export function sealTokenSet(key: VaultKey, tokens: TokenSet, by: string): Promise<Sealed> {
  return key.seal(JSON.stringify(tokens), by);
}

/**
 * Decrypts a token set.
 *
 * @param by the attempt that the item says committed it; a ciphertext of another attempt is refused
 * @throws VaultError
 */
export async function openTokenSet(key: VaultKey, sealed: Sealed, by: string): Promise<TokenSet> {
  // Authenticated by the vault, so it is exactly what sealTokenSet wrote.
  return JSON.parse(await key.open(sealed, by)) as TokenSet;
}
