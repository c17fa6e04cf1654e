/** Our registration at a provider. */
export type ClientCredentials = { readonly clientId: string; readonly clientSecret: string };

/** What a client adds to a request to prove who it is. */
export type ClientAuthentication = {
  readonly headers: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
};

/**
 * `client_secret_basic`, which every authorization server with client secrets has to take. Both parts are form-encoded
 * before they are put together: a colon in a client id would end it, and a `+` in a secret be read as a space.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
export function clientSecretBasic({ clientId, clientSecret }: ClientCredentials): ClientAuthentication {
  const credentials = Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString("base64");
  return { headers: { authorization: `Basic ${credentials}` }, parameters: {} };
}

/** `client_secret_post`, for servers that want the credentials in the form. RFC 6749 §2.3.1 */
export function clientSecretPost({ clientId, clientSecret }: ClientCredentials): ClientAuthentication {
  return { headers: {}, parameters: { client_id: clientId, client_secret: clientSecret } };
}

function formEncode(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
