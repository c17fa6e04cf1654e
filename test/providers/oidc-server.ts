import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type RefusedGrant } from "oidc-provider";
import type { ClientCredentials } from "../../shared/providers/provider.ts";
import type { Browser } from "../support/browser.ts";

export type OidcServer = Awaited<ReturnType<typeof startOidcServer>>;

/**
 * oidc-provider on loopback: refresh tokens that can be used once, of which a second use ends the grant; PKCE required; one
 * confidential client.
 */
export async function startOidcServer(client: ClientCredentials, redirectUri: string) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      },
    ],
    scopes: ["contacts"],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    features: { revocation: { enabled: true }, introspection: { enabled: true } },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 3_600,
      Interaction: 600,
      RefreshToken: 3_600,
      Session: 3_600,
    },
    findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
    cookies: { keys: ["only for this test"] },
  });
  server.on("request", provider.callback());

  const seen = { granted: 0, refusals: [] as string[], revokedGrants: [] as string[], faults: [] as string[] };
  const inWords = (error: RefusedGrant) =>
    error.error_detail ?? (error.cause instanceof Error ? error.cause.message : error.message);
  provider.on("grant.success", () => {
    seen.granted++;
  });
  provider.on("grant.error", (_, error) => seen.refusals.push(inWords(error)));
  provider.on("grant.revoked", (_, grantId) => seen.revokedGrants.push(grantId));
  provider.on("server_error", (_, error) => seen.faults.push(inWords(error)));
  return {
    issuer,
    /** What it tells of itself. */
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/**
 * Goes through the server's own pages: signs in, and agrees.
 *
 * @returns where the server sends the browser afterwards, which is not followed
 */
export async function agree(person: Browser, authorizationUrl: string, login: string): Promise<URL> {
  const { origin } = new URL(authorizationUrl);
  let visit = await person.request(authorizationUrl);
  for (let step = 0; step < 12; step++) {
    const location = visit.headers.get("location");
    if (location !== null) {
      const next = new URL(location, visit.url);
      if (next.origin !== origin) return next;
      visit = await person.request(next.href);
      continue;
    }
    const action = /<form [^>]*action="([^"]+)"/.exec(visit.body)?.[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(visit.body)?.[1];
    if (action === undefined || prompt === undefined) throw new Error(`No form to fill in: ${visit.status}.`);
    const body = new URLSearchParams({ prompt, login, password: "any" });
    visit = await person.request(new URL(action, visit.url).href, { method: "POST", body });
  }
  throw new Error("The dialog does not end.");
}
