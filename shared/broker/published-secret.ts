import type { TokenSet } from "../oauth/token-set.ts";
import type { Connection } from "./connection.ts";
import { splitConnectionId } from "./connection-id.ts";

/** The value of a published secret, as consumers read it. Times are ISO 8601 UTC with milliseconds. */
export type PublishedToken = {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_at: string;
  readonly issued_at: string;
  readonly provider: string;
  readonly account: string;
  readonly origin: string;
  readonly generation: number;
};

/** What is left of a revoked connection: its reader learns that no token will come. */
export type Tombstone = {
  readonly provider: string;
  readonly account: string;
  readonly generation: number;
  readonly revoked_at: string;
};

export type PublishedSecret = PublishedToken | Tombstone;

/**
 * The value to publish for a connection. A pure function of what is stored, with a fixed order of keys: publishing the
 * same generation twice is the same request twice.
 *
 * @param tokens the connection's token set; not needed once it is being revoked
 * @returns undefined where there is nothing to publish
 */
export function publishedSecret(connection: Connection, tokens: TokenSet | undefined): PublishedSecret | undefined {
  const { provider, account } = splitConnectionId(connection.id);
  const { generation } = connection;
  if (connection.status === "revoking" || connection.status === "revoked") {
    const revokedAt = new Date(connection.revokedAt ?? 0).toISOString();
    return { provider, account, generation, revoked_at: revokedAt };
  }
  if (tokens === undefined || tokens.accessToken === "") return undefined;
  return {
    access_token: tokens.accessToken,
    token_type: "Bearer",
    expires_at: new Date(tokens.expiresAt).toISOString(),
    issued_at: new Date(tokens.issuedAt).toISOString(),
    provider,
    account,
    origin: connection.origin,
    generation,
  };
}

/** Name of the secret that a connection is published as. */
export function secretName(prefix: string, connection: Pick<Connection, "id">): string {
  return `${prefix}/${connection.id}`;
}
