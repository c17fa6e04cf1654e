import * as v from "valibot";

const time = v.number();

/** What an account allowed a client: ends once, never begins again. */
export const grantSchema = v.object({
  kind: v.literal("grant"),
  id: v.string(),
  account: v.string(),
  clientId: v.string(),
  createdAt: time,
  /** Of its newest refresh token. */
  generation: v.number(),
  endedBy: v.nullable(v.picklist(["revocation-endpoint", "user", "reuse", "new-authorization"])),
  endedAt: v.nullable(time),
});

/** A refresh token that was issued, by its hash. */
export const refreshTokenSchema = v.object({
  kind: v.literal("refresh-token"),
  hash: v.string(),
  grantId: v.string(),
  generation: v.number(),
  /** Epoch milliseconds from which it is dead because it was replaced; null as long as it was not. */
  diesAt: v.nullable(time),
  /** When it was issued, or redeemed last without being replaced. */
  usedAt: v.optional(time, 0),
});

/** An authorization code that was issued, by its hash. */
export const codeSchema = v.object({
  kind: v.literal("code"),
  hash: v.string(),
  account: v.string(),
  clientId: v.string(),
  issuedAt: time,
  redeemedAt: v.nullable(time),
});

export const grantRecordSchema = v.variant("kind", [grantSchema, refreshTokenSchema, codeSchema]);

export type Grant = Readonly<v.InferOutput<typeof grantSchema>>;
export type RefreshToken = Readonly<v.InferOutput<typeof refreshTokenSchema>>;
export type Code = Readonly<v.InferOutput<typeof codeSchema>>;
export type GrantRecord = Grant | RefreshToken | Code;
export type GrantEnd = NonNullable<Grant["endedBy"]>;
