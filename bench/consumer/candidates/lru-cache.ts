import { LRUCache } from "lru-cache";
import type { Candidate } from "./candidate.ts";
import { readSecret } from "./read-secret.ts";

const cache = new LRUCache<string, string>({ max: 10_000 });

async function read(connection: string): Promise<string> {
  const cached = cache.get(connection);
  if (cached !== undefined) return cached;
  const { access_token, expires_at } = await readSecret(connection);
  cache.set(connection, access_token, { ttl: Date.parse(expires_at) - Date.now() });
  return access_token;
}

export const candidate: Candidate = {
  keyOf: (connection) => connection,
  read,
  tokenOf: (token) => token,
};
