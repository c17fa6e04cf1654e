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

export type Begun = { readonly grant: Grant; readonly refreshToken: IssuedRefreshToken };

/** What a provider's codes and refresh tokens look like. */
export type TokenShapes = {
  /** The grant as it is with this refresh token: its generation is the token's. */
  refreshToken(grant: Grant): string;
  code(): string;
};

/** RD Station Marketing's: 43 characters of base64url, 32 hex digits. */
export const usualTokenShapes: TokenShapes = {
  refreshToken: () => randomBytes(32).toString("base64url"),
  code: () => randomBytes(16).toString("hex"),
};

export type GrantBook = {
  code(value: string): Code | undefined;
  refreshToken(value: string): RefreshToken | undefined;
  grant(id: string): Grant | undefined;
  grants(): Iterable<Grant>;
  refreshTokensOf(grantId: string): readonly RefreshToken[];
  /** @returns the code itself; it cannot be had again. */
  issueCode(input: { readonly account: string; readonly clientId: string; readonly now: number }): string;
  /** Begins a grant that no code stood for. */
  begin(input: { readonly account: string; readonly clientId: string; readonly now: number }): Begun;
  /** Spends a code on the first refresh token of a new grant, or on another one of the grant given. */
  redeemCode(code: Code, joins: Grant | undefined, now: number): Begun;
  /** Gives a grant its next refresh token; the one presented dies at `diesAt`. */
  rotate(presented: RefreshToken, grant: Grant, input: { readonly diesAt: number | null; readonly now: number }): Begun;
  /** Notes that a refresh token was redeemed and stays. */
  use(presented: RefreshToken, now: number): void;
  /** Ends a grant and all its tokens. One that has ended stays as it is. */
  end(grant: Grant, by: GrantEnd, now: number): Grant;
  clear(): void;
};

/**
 * Everything a provider issued, by hash. Each change is in the journal before the function returns.
 *
 * @param journal joined here; open it before the first change.
 */
export function createGrantBook(journal: Journal, shapes: TokenShapes = usualTokenShapes): GrantBook {
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

  function newGrant(account: string, clientId: string, now: number): Grant {
    const id = randomBytes(16).toString("hex");
    return { kind: "grant", id, account, clientId, createdAt: now, generation: 0, endedBy: null, endedAt: null };
  }

  /** The grant with its next refresh token; nothing is written yet. */
  function withNextToken(before: Grant, now: number): Begun {
    const grant: Grant = { ...before, generation: before.generation + 1 };
    const value = shapes.refreshToken(grant);
    const { id: grantId, generation } = grant;
    const record: RefreshToken = {
      kind: "refresh-token",
      hash: tokenHash(value),
      grantId,
      generation,
      diesAt: null,
      usedAt: now,
    };
    return { grant, refreshToken: { value, record } };
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
      const value = shapes.code();
      commit({ kind: "code", hash: tokenHash(value), account, clientId, issuedAt: now, redeemedAt: null });
      return value;
    },
    begin({ account, clientId, now }) {
      const begun = withNextToken(newGrant(account, clientId, now), now);
      commit(begun.grant, begun.refreshToken.record);
      return begun;
    },
    redeemCode(code, joins, now) {
      const begun = withNextToken(joins ?? newGrant(code.account, code.clientId, now), now);
      commit({ ...code, redeemedAt: now }, begun.grant, begun.refreshToken.record);
      return begun;
    },
    rotate(presented, grant, { diesAt, now }) {
      const rotated = withNextToken(grant, now);
      commit({ ...presented, diesAt }, rotated.grant, rotated.refreshToken.record);
      return rotated;
    },
    use: (presented, now) => commit({ ...presented, usedAt: now }),
    end(grant, by, now) {
      if (grant.endedAt !== null) return grant;
      const ended: Grant = { ...grant, endedBy: by, endedAt: now };
      commit(ended);
      return ended;
    },
    clear,
  };
}
