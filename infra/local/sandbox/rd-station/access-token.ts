import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { promisify } from "node:util";
import * as v from "valibot";
import type { Journal } from "../state/journal.ts";
import { keepValue } from "../state/kept-value.ts";

const signAsync = promisify(sign) as (algorithm: string, data: Buffer, key: KeyObject) => Promise<Buffer>;
const header = encode({ typ: "JWT", alg: "RS256" });
const claimsSchema = v.object({ sub: v.string(), exp: v.number() });

export type AccessTokens = {
  /**
   * @param input.nonce 16 bytes: what tells two tokens of one grant and one second apart.
   * @param input.now epoch milliseconds.
   */
  mint(input: {
    readonly grantId: string;
    readonly nonce: Buffer;
    readonly lifeSeconds: number;
    readonly now: number;
  }): Promise<string>;
  /** @returns the grant of a token that we signed, expired or not; undefined for anything else. `expiresAt`: epoch milliseconds. */
  read(token: string): { readonly grantId: string; readonly expiresAt: number } | undefined;
  /** Makes a signing key unless the journal had one. Call once, after the journal is open. */
  prepareKey(): void;
};

/**
 * Access tokens like the samples on "Autorizar requisições": RS256, no `kid`, whole seconds, `sub` of 43 characters and
 * `@clients`. Here `sub` is grant and nonce, so that no access token needs to be stored.
 */
export function createAccessTokens(journal: Journal, appName: string): AccessTokens {
  const pem = keepValue(journal, "signing-key", v.string(), "");
  let keys: { readonly secret: KeyObject; readonly open: KeyObject } | undefined;

  function prepared(): { readonly secret: KeyObject; readonly open: KeyObject } {
    if (keys !== undefined) return keys;
    if (pem.get() === "") pem.set(newSigningKey());
    const secret = createPrivateKey(pem.get());
    keys = { secret, open: createPublicKey(secret) };
    return keys;
  }

  return {
    prepareKey: () => void prepared(),
    async mint({ grantId, nonce, lifeSeconds, now }) {
      const iat = Math.floor(now / 1000);
      const sub = `${Buffer.concat([Buffer.from(grantId, "hex"), nonce]).toString("base64url")}@clients`;
      const aud = "https://app.rdstation.com.br/api/v2/";
      const claims = {
        iss: "https://api.rd.services",
        sub,
        aud,
        app_name: appName,
        exp: iat + lifeSeconds,
        iat,
        scope: "",
      };
      const signed = `${header}.${encode(claims)}`;
      return `${signed}.${(await signAsync("sha256", Buffer.from(signed), prepared().secret)).toString("base64url")}`;
    },
    read(token) {
      const [head, payload, signature, ...more] = token.split(".");
      if (head !== header || payload === undefined || signature === undefined || more.length > 0) return undefined;
      const bytes = Buffer.from(signature, "base64url");
      // Node's decoder skips what is not base64url, which would make many strings one token.
      if (bytes.toString("base64url") !== signature) return undefined;
      if (!verify("sha256", Buffer.from(`${head}.${payload}`), prepared().open, bytes)) return undefined;
      const claims = v.parse(claimsSchema, JSON.parse(Buffer.from(payload, "base64url").toString()));
      const grantId = Buffer.from(claims.sub.slice(0, 43), "base64url").subarray(0, 16).toString("hex");
      return { grantId, expiresAt: claims.exp * 1000 };
    },
  };
}

let generated: string | undefined;

/** One key for every sandbox of a process: making one takes longer than starting a sandbox. */
function newSigningKey(): string {
  generated ??= generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
  return generated;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
