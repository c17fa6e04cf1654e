import type { Connection, Status } from "./connection.ts";
import type { ConnectionPage } from "./connection-store.ts";
import { BrokerError } from "./error.ts";
import { requireProvider } from "./known-provider.ts";
import type { Ports } from "./ports.ts";

export type ListRequest = {
  /** All providers, one after the other, where not given. */
  readonly provider: string | undefined;
  readonly status: Status | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
};

/**
 * Lists connections by provider and account, revoked ones included.
 *
 * @returns a page, which may be shorter than `limit` while there are more
 * @throws BrokerError `provider_unknown`; `invalid_request` for a cursor that is not ours
 */
export async function listConnections(
  ports: Pick<Ports, "connections" | "providers">,
  request: ListRequest,
): Promise<ConnectionPage> {
  const providers = request.provider === undefined ? [...ports.providers.keys()].sort() : [request.provider];
  if (request.provider !== undefined) requireProvider(ports.providers, request.provider);
  const position = request.cursor === undefined ? undefined : readCursor(request.cursor, providers);
  const connections: Connection[] = [];
  let cursor = position?.cursor;
  for (const provider of providers.slice(providers.indexOf(position?.provider ?? providers[0] ?? ""))) {
    const limit = request.limit - connections.length;
    if (limit === 0) return { connections, nextCursor: writeCursor(provider, undefined) };
    const page = await ports.connections.list({ provider, limit, cursor });
    connections.push(
      ...page.connections.filter(({ status }) => request.status === undefined || status === request.status),
    );
    if (page.nextCursor !== null) return { connections, nextCursor: writeCursor(provider, page.nextCursor) };
    cursor = undefined;
  }
  return { connections, nextCursor: null };
}

function writeCursor(provider: string, cursor: string | undefined): string {
  return Buffer.from(JSON.stringify([provider, cursor ?? null])).toString("base64url");
}

function readCursor(text: string, providers: readonly string[]) {
  const [provider, cursor] = parse(Buffer.from(text, "base64url").toString());
  if (
    typeof provider !== "string" ||
    !providers.includes(provider) ||
    (cursor !== null && typeof cursor !== "string")
  ) {
    throw new BrokerError("invalid_request", "cursor is not one that this list has given out for the same provider.");
  }
  return { provider, cursor: cursor ?? undefined };
}

function parse(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
