export type CallbackQuery =
  | {
      readonly kind: "answer";
      readonly state: string;
      readonly code: string | undefined;
      readonly error: string | undefined;
    }
  /** Nobody here has asked for it: an installation that began in the provider's app store carries no state. */
  | { readonly kind: "install"; readonly error: string | undefined }
  | { readonly kind: "malformed" };

const printable = /^[\x21-\x7e]{1,2048}$/;

/**
 * Reads what a provider appends to the callback URL: a code or an error, never both, with the state they belong to.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 */
export function readCallback(query: Readonly<Record<string, string | undefined>>): CallbackQuery {
  const { code, error } = query;
  const state = query["state"] === "" ? undefined : query["state"];
  if ([code, error, state].some((value) => value !== undefined && !printable.test(value))) return { kind: "malformed" };
  if ((code === undefined) === (error === undefined)) return { kind: "malformed" };
  if (state === undefined) return { kind: "install", error };
  return { kind: "answer", state, code, error };
}
