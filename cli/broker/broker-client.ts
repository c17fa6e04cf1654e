import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import type { BrokerAddress } from "./broker-address.ts";
import type { Metadata } from "./metadata.ts";
import { problemError } from "./problem.ts";

/** The HTTP API cuts a request off after 30 s. */
const longestRequest = 35_000;

/** As many connections as the API gives at once. */
const pageSize = 100;

export type Ticket = { readonly authorization_url: string; readonly expires_at: string };

export type AccessToken = { readonly access_token: string } & Readonly<Record<string, unknown>>;

/** What the provider made of a revocation; null while it has not answered. */
export type Revoked = Metadata & {
  readonly upstream: "revoked" | "unsupported" | "already_invalid" | "abandoned" | null;
};

export type Send = (url: string, init: RequestInit) => Promise<Response>;

export type BrokerClient = ReturnType<typeof brokerClient>;

/**
 * The broker's HTTP API. Every call throws CommandError where it is not answered as asked.
 *
 * @param options.send `fetch`, which signs where the broker wants signatures
 * @param options.signal ends every call
 */
export function brokerClient(options: {
  readonly address: BrokerAddress;
  readonly send: Send;
  readonly signal: AbortSignal;
}) {
  const { address, send, signal } = options;

  const request = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(longestRequest)]);
    try {
      return await send(address.url + path, { method, redirect: "manual", signal: limit, ...json });
    } catch (cause) {
      signal.throwIfAborted();
      throw cause instanceof CommandError ? cause : unreachable(address, cause);
    }
  };
  const ask = async <Body>(method: string, path: string, about: { connection?: string; body?: unknown } = {}) => {
    const response = await request(method, path, about.body);
    const body = await response.text().then(readJson, (cause: unknown) => {
      signal.throwIfAborted();
      throw unreachable(address, cause);
    });
    if (response.status >= 200 && response.status < 300 && body !== undefined)
      return { status: response.status, body: body as Body };
    const { connection } = about;
    const asked = { url: address.url, ...(connection === undefined ? {} : { connection }) };
    throw problemError(response.status, response.headers, body, asked);
  };
  const askOf = async <Body>(method: string, connection: ConnectionId, suffix = "", body?: unknown) =>
    ask<Body>(method, `/v1/connections/${connection}${suffix}`, { connection, body });

  return {
    address,
    /** Any route, whatever it answers; redirects are not followed. */
    request,
    createTicket: async (
      id: ConnectionId,
      wanted: {
        readonly return_to?: string;
        readonly expires_in_seconds?: number;
        readonly allow_other_account?: boolean;
      },
    ) => (await askOf<Ticket>("POST", id, "/authorization", wanted)).body,
    /** Hands a refresh token in. `created`: there was no such connection before. */
    async importConnection(id: ConnectionId, handedIn: { readonly refresh_token: string; readonly origin?: string }) {
      const { status, body } = await askOf<Metadata>("PUT", id, "", handedIn);
      return { created: status === 201, connection: body };
    },
    /** All connections, page by page. */
    async *list(
      wanted: { readonly provider?: string; readonly status?: string } = {},
    ): AsyncGenerator<readonly Metadata[]> {
      let cursor: string | null = null;
      do {
        const query = new URLSearchParams({
          ...wanted,
          limit: String(pageSize),
          ...(cursor === null ? {} : { cursor }),
        });
        type Page = { readonly connections: readonly Metadata[]; readonly next_cursor: string | null };
        const { body }: { readonly body: Page } = await ask<Page>("GET", `/v1/connections?${query}`);
        yield body.connections;
        cursor = body.next_cursor;
      } while (cursor !== null);
    },
    show: async (id: ConnectionId) => (await askOf<Metadata>("GET", id)).body,
    /** As `show`; undefined where there is no such connection. */
    async find(id: ConnectionId): Promise<Metadata | undefined> {
      try {
        return (await askOf<Metadata>("GET", id)).body;
      } catch (error) {
        if (error instanceof CommandError && error.code === "connection_not_found") return undefined;
        throw error;
      }
    },
    async accessToken(id: ConnectionId, minimumSeconds: number | undefined) {
      const query = minimumSeconds === undefined ? "" : `?minimum_seconds=${minimumSeconds}`;
      return (await askOf<AccessToken>("GET", id, `/access-token${query}`)).body;
    },
    refresh: async (id: ConnectionId) => (await askOf<Metadata>("POST", id, "/refresh")).body,
    revoke: async (id: ConnectionId, force: boolean) =>
      (await askOf<Revoked>("DELETE", id, force ? "?force=true" : "")).body,
  };
}

function unreachable({ url, isLocal }: BrokerAddress, cause: unknown): CommandError {
  const advice = isLocal
    ? "Start the local broker with npm start, or name a deployed one with --url, CHAVEIRO_URL or --stack."
    : "Look at the address, and whether this machine reaches it.";
  return new CommandError("broker_unreachable", exitCodes.unreachable, `No broker answers at ${url}.`, {
    advice,
    cause,
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
