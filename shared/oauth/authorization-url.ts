/**
 * Adds the parameters of an authorization request to a provider's authorization endpoint, encoded. A query that the
 * endpoint already has is kept (§3.1). Throws a TypeError where `endpoint` is no absolute URL: a mistake in a provider.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
 */
export function buildAuthorizationUrl(endpoint: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.append(name, value);
  return url.href;
}
