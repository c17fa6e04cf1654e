import { createHmac } from "node:crypto";

/**
 * The PKCE code verifier of one authorization request: 43 characters, RFC 7636 §4.1. Known at the start and at the callback,
 * and stored nowhere.
 *
 * Not made of the state alone: a redirect that leaks carries the state beside the code, and would bring the verifier along.
 * The cookie, 256 random bits of ours, is in no URL and kept as a hash only; the state makes each request's verifier its own.
 *
 * @param binding the browser's binding cookie
 */
export function codeVerifier(binding: string, state: string): string {
  return createHmac("sha256", binding).update(`code_verifier ${state}`).digest("base64url");
}
