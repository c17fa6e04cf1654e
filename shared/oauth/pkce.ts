import { createHash } from "node:crypto";

/**
 * What an authorization request shows of a code verifier: its SHA-256, the method `S256`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7636#section-4.2
 */
export function codeChallenge(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}
