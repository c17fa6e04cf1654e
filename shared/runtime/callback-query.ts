export type CallbackQuery =
  | {
      readonly kind: "answer";
      readonly state: string;
      readonly code: string | undefined;
      readonly error: string | undefined;
    }
  /** An installation that began in the provider's app store: a code, and nobody here who asked for it. */
  | { readonly kind: "install" }
  | { readonly kind: "malformed" };

const printable = /^[\x21-\x7e]{1,2048}$/;

/**
 * Reads what a provider appends to the callback URL: a code or an error, never both, with the state they belong to.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 */
export function readCallback(query: Readonly<Record<string, string | undefined>>): CallbackQuery {
  const { code, error, state } = query;
  if ([code, error, state].some((value) => value !== undefined && !printable.test(value))) return { kind: "malformed" };
  if ((code === undefined) === (error === undefined)) return { kind: "malformed" };
  if (state === undefined) return code === undefined ? { kind: "malformed" } : { kind: "install" };
  return { kind: "answer", state, code, error };
}
