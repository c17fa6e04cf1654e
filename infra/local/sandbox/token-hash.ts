import { createHash } from "node:crypto";

/**
 * The only form in which the sandbox keeps a token, a code or a client secret.
 *
 * @returns SHA-256 of the value's UTF-8 bytes, 64 hex digits.
 */
export function tokenHash(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}

/**
 * What logs and control answers show of a hash: enough to recognise a token that one already holds.
 *
 * @returns the first 16 hex digits.
 */
export function shortHash(hash: string): string {
  return hash.slice(0, 16);
}
