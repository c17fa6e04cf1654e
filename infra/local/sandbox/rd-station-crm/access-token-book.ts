import * as v from "valibot";
import type { Journal } from "../state/journal.ts";
import { tokenHash } from "../token-hash.ts";
import { randomString } from "./random-string.ts";

const remembered = 50_000;
const schema = v.object({
  kind: v.literal("access-token"),
  hash: v.string(),
  grantId: v.string(),
  /** Hash of the refresh token in the same answer: the two are one row at Kong. */
  pairedWith: v.string(),
  /** Epoch milliseconds. */
  expiresAt: v.number(),
});

export type AccessToken = Readonly<v.InferOutput<typeof schema>>;

export type AccessTokenBook = {
  /** @returns the access token itself; it cannot be had again. */
  issue(input: {
    readonly grantId: string;
    readonly pairedWith: string;
    readonly lifeSeconds: number;
    readonly now: number;
  }): string;
  find(value: string): AccessToken | undefined;
  /** Whether no other one has been issued with the same refresh token since. */
  isNewestOfPair(token: AccessToken): boolean;
  clear(): void;
};

/** The opaque access tokens that were issued, by hash; the oldest are forgotten first. */
export function createAccessTokenBook(journal: Journal): AccessTokenBook {
  const tokens = new Map<string, AccessToken>();
  const newest = new Map<string, string>();

  function put(token: AccessToken): void {
    tokens.set(token.hash, token);
    newest.set(token.pairedWith, token.hash);
    if (tokens.size <= remembered) return;
    const oldest = tokens.values().next().value;
    if (oldest === undefined) return;
    tokens.delete(oldest.hash);
    if (newest.get(oldest.pairedWith) === oldest.hash) newest.delete(oldest.pairedWith);
  }

  journal.join({
    restore(record) {
      const read = v.safeParse(schema, record);
      if (read.success) put(read.output);
    },
    snapshot: () => tokens.values(),
  });

  return {
    issue({ grantId, pairedWith, lifeSeconds, now }) {
      const value = randomString();
      const expiresAt = now + lifeSeconds * 1000;
      const token: AccessToken = { kind: "access-token", hash: tokenHash(value), grantId, pairedWith, expiresAt };
      journal.append([token]);
      put(token);
      return value;
    },
    find: (value) => tokens.get(tokenHash(value)),
    isNewestOfPair: (token) => newest.get(token.pairedWith) === token.hash,
    clear() {
      tokens.clear();
      newest.clear();
    },
  };
}
