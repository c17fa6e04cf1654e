/**
 * Where the browser goes with the outcome of the dialog.
 *
 * @param redirectUri as registered; one that has a query already gets `&`.
 * @param state appended as given, percent-encoded; undefined where the request had none.
 */
export function callbackLocation(
  redirectUri: string,
  outcome: { readonly code: string } | { readonly error: string },
  state: string | undefined,
): string {
  const [name, value] = Object.entries(outcome)[0] ?? ["", ""];
  const separator = redirectUri.includes("?") ? "&" : "?";
  const suffix = state === undefined ? "" : `&state=${encodeURIComponent(state)}`;
  return `${redirectUri}${separator}${name}=${encodeURIComponent(value)}${suffix}`;
}
