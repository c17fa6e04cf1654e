import type { HttpRequest } from "./http.ts";

/**
 * A POST of a form that is answered with JSON, as every endpoint of RFC 6749 and RFC 7009 takes it.
 *
 * @param headers beside those of the form
 * @see https://www.rfc-editor.org/rfc/rfc6749#appendix-B
 */
export function formRequest(
  url: string,
  parameters: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): HttpRequest {
  return {
    method: "POST",
    url,
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(parameters).toString(),
  };
}
