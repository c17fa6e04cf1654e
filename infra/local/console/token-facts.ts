import { fingerprint } from "../../../shared/broker/read-access-token.ts";
import type { Metadata, TokenFacts } from "./state.ts";
import { ask, connectionUrl, type Surroundings } from "./surroundings.ts";

/** Access tokens that are read in one look at most: hundreds of connections are known after some looks. */
const readsAtOnce = 20;

/** Life that a token must have left to be read, in milliseconds. One that expires on the way would be refreshed. */
const enough = 3_000;

/**
 * Reads what may be told of current access tokens, each once a generation, as every consumer reads them. What lives is
 * not refreshed by that: who looks at the console changes nothing.
 *
 * @returns the facts of a connection's current generation, or null
 */
export function createTokenReader(surroundings: Surroundings, now: () => number = Date.now) {
  let known = new Map<string, TokenFacts>();

  return async (connections: readonly Metadata[]): Promise<ReadonlyMap<string, TokenFacts>> => {
    const current = connections.flatMap((connection) => {
      const facts = known.get(idOf(connection));
      return facts?.generation === connection.generation ? [[idOf(connection), facts] as const] : [];
    });
    known = new Map(current);
    const unread = connections.filter((connection) => !known.has(idOf(connection)) && isReadable(connection, now()));
    for (const connection of unread.slice(0, readsAtOnce)) {
      const facts = await readFacts(surroundings, connection);
      if (facts !== undefined) known.set(idOf(connection), facts);
    }
    return known;
  };
}

/** `{provider}/{account}`. */
export function idOf({ provider, account }: Pick<Metadata, "provider" | "account">): string {
  return `${provider}/${account}`;
}

function isReadable({ status, expires_at }: Metadata, now: number): boolean {
  if (status !== "active" && status !== "degraded") return false;
  return expires_at !== null && Date.parse(expires_at) - now > enough;
}

async function readFacts(surroundings: Surroundings, connection: Metadata): Promise<TokenFacts | undefined> {
  try {
    const url = connectionUrl(surroundings, connection.provider, connection.account);
    const response = await ask(surroundings, `${url}/access-token?minimum_seconds=0`);
    if (!response.ok) return void (await response.body?.cancel());
    const { access_token, issued_at, generation } = (await response.json()) as {
      readonly access_token: string;
      readonly issued_at: string;
      readonly generation: number;
    };
    return generation === connection.generation
      ? { generation, issued_at, fingerprint: fingerprint(access_token) }
      : undefined;
  } catch {
    // The next look tries again.
    return undefined;
  }
}
