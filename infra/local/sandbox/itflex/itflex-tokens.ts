import { createHmac, randomBytes } from "node:crypto";
import * as v from "valibot";
import type { Grant } from "../grants/grant-records.ts";
import type { Journal } from "../state/journal.ts";
import { keepValue } from "../state/kept-value.ts";

const header = encode({ typ: "JWT", alg: "HS256" });
const claimsSchema = v.object({ grant: v.string(), exp: v.number() });

export type ItflexTokens = {
  /** @returns the integrator key of a grant: always the same, so that it can be listed and is not stored. */
  key(grant: Grant): string;
  access(input: { readonly grantId: string; readonly lifeSeconds: number; readonly now: number }): string;
  /** @returns whose access token it is, expired or not; undefined for anything else. `expiresAt`: epoch milliseconds. */
  readAccess(token: string): { readonly grantId: string; readonly expiresAt: number } | undefined;
};

/** Keys and access tokens of three parts, like the documentation's samples: HS256 JWTs. */
export function createItflexTokens(journal: Journal): ItflexTokens {
  const kept = keepValue(journal, "signing-key", v.string(), "");

  function sign(claims: object): string {
    if (kept.get() === "") kept.set(randomBytes(32).toString("hex"));
    const signed = `${header}.${encode(claims)}`;
    return `${signed}.${createHmac("sha256", kept.get()).update(signed).digest("base64url")}`;
  }

  return {
    key: ({ id, generation, createdAt }) => sign({ key: id, generation, iat: Math.floor(createdAt / 1000) }),
    access({ grantId, lifeSeconds, now }) {
      const nonce = randomBytes(9).toString("base64url");
      return sign({ grant: grantId, exp: Math.floor(now / 1000) + lifeSeconds, nonce });
    },
    readAccess(token) {
      const claims = claimsOf(token);
      if (claims === undefined || sign(claims) !== token) return undefined;
      const read = v.safeParse(claimsSchema, claims);
      return read.success ? { grantId: read.output.grant, expiresAt: read.output.exp * 1000 } : undefined;
    },
  };
}

function claimsOf(token: string): object | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    return typeof claims === "object" && claims !== null ? claims : undefined;
  } catch {
    return undefined;
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
