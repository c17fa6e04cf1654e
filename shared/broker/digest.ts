import { createHash, timingSafeEqual } from "node:crypto";

/** SHA-256 of a secret in hex: what is stored in its place. */
export function hexDigest(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Compares a secret with the stored digest of one, in the same time whatever they are. */
export function matchesDigest(secret: string, digest: string): boolean {
  const actual = Buffer.from(hexDigest(secret));
  const expected = Buffer.from(digest);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
