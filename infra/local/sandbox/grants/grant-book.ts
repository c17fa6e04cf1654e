import { randomBytes } from "node:crypto";
import * as v from "valibot";
import type { Journal } from "../state/journal.ts";
import { tokenHash } from "../token-hash.ts";
import {
  type Code,
  type Grant,
  type GrantEnd,
  type GrantRecord,
  grantRecordSchema,
  type RefreshToken,
} from "./grant-records.ts";

/**
 * Refresh tokens remembered per grant, alive or not. The one that was issued or rotated longest ago is forgotten first:
 * presenting it is like presenting an unknown one.
 */
export const refreshTokensRemembered = 64;
const codesRemembered = 20_000;

export type IssuedRefreshToken = { readonly value: string; readonly record: RefreshToken };

export type GrantBook = {
  code(value: string): Code | undefined;
  refreshToken(value: string): RefreshToken | undefined;
  grant(id: string): Grant | undefined;
  grants(): Iterable<Grant>;
  refreshTokensOf(grantId: string): readonly RefreshToken[];
  /** @returns the code itself, 32 hex digits; it cannot be had again. */
  issueCode(input: { readonly account: string; readonly clientId: string; readonly now: number }): string;
  /** Spends a code on the first refresh token of a new grant, or on another one of the grant given. */
  redeemCode(code: Code, joins: Grant | undefined, now: number): { grant: Grant; refreshToken: IssuedRefreshToken };
  /** Gives a grant its next refresh token; the one presented dies at `diesAt`. */
  rotate(presented: RefreshToken, grant: Grant, diesAt: number | null): IssuedRefreshToken;
  /** Ends a grant and all its tokens. One that has ended stays as it is. */
  end(grant: Grant, by: GrantEnd, now: number): Grant;
  clear(): void;
};

/**
 * Everything a provider issued, by hash. Each change is in the journal before the function returns.
 *
 * @param journal joined here; open it before the first change.
 */
export function createGrantBook(journal: Journal): GrantBook {
  const grants = new Map<string, Grant>();
  const codes = new Map<string, Code>();
  const tokens = new Map<string, RefreshToken>();
  const hashesOf = new Map<string, string[]>();

  function put(record: GrantRecord): void {
    if (record.kind === "grant") grants.set(record.id, record);
    else if (record.kind === "code") {
      codes.set(record.hash, record);
      if (codes.size > codesRemembered) codes.delete(codes.keys().next().value ?? "");
    } else {
      tokens.set(record.hash, record);
      const hashes = (hashesOf.get(record.grantId) ?? []).filter((hash) => hash !== record.hash);
      hashes.push(record.hash);
      hashesOf.set(record.grantId, hashes);
      if (hashes.length > refreshTokensRemembered) tokens.delete(hashes.shift() ?? "");
    }
  }

  function commit(...records: readonly GrantRecord[]): void {
    journal.append(records);
    for (const record of records) put(record);
  }

  function nextRefreshToken(grantId: string, generation: number): IssuedRefreshToken {
    const value = randomBytes(32).toString("base64url");
    return { value, record: { kind: "refresh-token", hash: tokenHash(value), grantId, generation, diesAt: null } };
  }

  const refreshTokensOf = (grantId: string): readonly RefreshToken[] =>
    (hashesOf.get(grantId) ?? []).flatMap((hash) => tokens.get(hash) ?? []);

  function clear(): void {
    for (const map of [grants, codes, tokens, hashesOf]) map.clear();
  }

  journal.join({
    restore(record) {
      const read = v.safeParse(grantRecordSchema, record);
      if (read.success) put(read.output);
    },
    *snapshot() {
      for (const grant of grants.values()) {
        yield grant;
        yield* refreshTokensOf(grant.id);
      }
      yield* codes.values();
    },
  });

  return {
    code: (value) => codes.get(tokenHash(value)),
    refreshToken: (value) => tokens.get(tokenHash(value)),
    grant: (id) => grants.get(id),
    grants: () => grants.values(),
    refreshTokensOf,
    issueCode({ account, clientId, now }) {
      const value = randomBytes(16).toString("hex");
      commit({ kind: "code", hash: tokenHash(value), account, clientId, issuedAt: now, redeemedAt: null });
      return value;
    },
    redeemCode(code, joins, now) {
      const { account, clientId } = code;
      const fresh = { kind: "grant", account, clientId, createdAt: now, endedBy: null, endedAt: null } as const;
      const base = joins ?? { ...fresh, id: randomBytes(16).toString("hex"), generation: 0 };
      const grant: Grant = { ...base, generation: base.generation + 1 };
      const refreshToken = nextRefreshToken(grant.id, grant.generation);
      commit({ ...code, redeemedAt: now }, grant, refreshToken.record);
      return { grant, refreshToken };
    },
    rotate(presented, grant, diesAt) {
      const refreshToken = nextRefreshToken(grant.id, grant.generation + 1);
      commit({ ...presented, diesAt }, { ...grant, generation: grant.generation + 1 }, refreshToken.record);
      return refreshToken;
    },
    end(grant, by, now) {
      if (grant.endedAt !== null) return grant;
      const ended: Grant = { ...grant, endedBy: by, endedAt: now };
      commit(ended);
      return ended;
    },
    clear,
  };
}
