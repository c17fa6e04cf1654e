/** What an authorization request is about, and nobody configures. */
export type CodeRequest = {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
  /** Where the provider takes PKCE: RFC 7636 §4.3. */
  readonly codeChallenge?: string;
};

/**
 * Where a person is sent to authorize, for the code flow.
 *
 * @param scope as the provider wants it, separated by spaces; its default where not given (RFC 6749 §3.3)
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
 */
export function codeAuthorizationUrl(endpoint: string, request: CodeRequest, scope?: string): string {
  return buildAuthorizationUrl(endpoint, {
    response_type: "code",
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    ...(scope === undefined ? {} : { scope }),
    state: request.state,
    ...(request.codeChallenge === undefined
      ? {}
      : { code_challenge: request.codeChallenge, code_challenge_method: "S256" }),
  });
}

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
