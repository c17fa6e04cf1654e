import { OAuth2Client } from "google-auth-library";
import type { Candidate } from "./candidate.ts";
import { readSecret } from "./read-secret.ts";

/** It has one client per account, and asks the same store as all others. */
const clients = new Map<string, OAuth2Client>();

function clientOf(connection: string): OAuth2Client {
  const found = clients.get(connection);
  if (found !== undefined) return found;
  const client = new OAuth2Client();
  client.refreshHandler = async () => {
    const { access_token, expires_at } = await readSecret(connection);
    return { access_token, expiry_date: Date.parse(expires_at) };
  };
  clients.set(connection, client);
  return client;
}

export const candidate: Candidate<{ readonly token?: string | null }> = {
  keyOf: (connection) => connection,
  read: (connection) => clientOf(connection).getAccessToken(),
  tokenOf: ({ token }) => token ?? "",
};
