import type { TokenGrant } from "./failure.ts";
import { isJsonObject, readJson } from "./json.ts";

const maximumTokenCharacters = 16 * 1024;
const maximumLifeSeconds = 10 * 365 * 24 * 60 * 60;

/** RFC 6749 appendix A.12 and A.17 without the space, which no bearer token can have (RFC 6750 §2.1). */
const visibleAscii = /^[\x21-\x7e]+$/;

/**
 * Reads the body of a successful token answer, member by member: what is missing or damaged is undefined and takes
 * nothing else with it. Undefined where the body carries neither token.
 *
 * An access token of a type other than bearer must not be used (RFC 6749 §7.1) and counts as missing; the refresh
 * token beside it is kept. An answer without `token_type` is taken as bearer: RD Station and iTFLEX send none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export function readTokenGrant(body: string): TokenGrant | undefined {
  const answer = readJson(body);
  if (!isJsonObject(answer)) return undefined;
  const accessToken = isBearer(answer["token_type"]) ? readToken(answer["access_token"]) : undefined;
  const refreshToken = readToken(answer["refresh_token"]);
  if (accessToken === undefined && refreshToken === undefined) return undefined;
  return { accessToken, refreshToken, lifeSeconds: readLife(answer["expires_in"]) ?? readJwtLife(accessToken) };
}

function isBearer(tokenType: unknown): boolean {
  return typeof tokenType !== "string" || ["", "bearer"].includes(tokenType.trim().toLowerCase());
}

function readToken(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > maximumTokenCharacters) return undefined;
  return visibleAscii.test(value) ? value : undefined;
}

function readLife(expiresIn: unknown): number | undefined {
  if (expiresIn === undefined || expiresIn === null) return undefined;
  if (typeof expiresIn === "number") return usableLife(expiresIn);
  if (typeof expiresIn === "string" && /^\d+(\.\d+)?$/.test(expiresIn.trim())) return usableLife(Number(expiresIn));
  return 0;
}

/** The difference, not `exp` itself: the server's clock is not ours. The signature is not checked, nothing is authorized by this. */
function readJwtLife(accessToken: string | undefined): number | undefined {
  const [, payload, signature] = accessToken?.split(".") ?? [];
  if (payload === undefined || signature === undefined) return undefined;
  const claims = readJson(Buffer.from(payload, "base64url").toString());
  if (!isJsonObject(claims) || typeof claims["exp"] !== "number" || typeof claims["iat"] !== "number") return undefined;
  return usableLife(claims["exp"] - claims["iat"]);
}

function usableLife(seconds: number): number {
  if (!Number.isFinite(seconds) || seconds <= 0) return 0;
  return Math.min(Math.floor(seconds), maximumLifeSeconds);
}
