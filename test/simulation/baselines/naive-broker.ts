import type { Connection } from "../../../shared/broker/connection.ts";
import type { ConnectionWrite } from "../../../shared/broker/connection-store.ts";
import type { Ports } from "../../../shared/broker/ports.ts";
import { publishedSecret } from "../../../shared/broker/published-secret.ts";
import { received, redeem } from "../../../shared/broker/redeem.ts";
import { refreshAt } from "../../../shared/broker/refresh-schedule.ts";
import { openTokenSet, sealTokenSet } from "../../../shared/broker/sealed-token-set.ts";
import { requestRevocation } from "../../../shared/oauth/revocation-endpoint.ts";
import { requestToken } from "../../../shared/oauth/token-endpoint.ts";
import type { TokenSet } from "../../../shared/oauth/token-set.ts";
import type { Broker } from "../broker.ts";
import { acme, secretName } from "../world.ts";

const http = (ports: Ports) => ({
  fetch: ports.fetchFor(provider(ports)),
  timeoutMilliseconds: 6_000,
  now: ports.clock.now,
});
const client = (ports: Ports) => ports.clientCredentials.read("rd-station");
const provider = (ports: Ports) => {
  const found = ports.providers.get("rd-station");
  if (found?.origin === undefined) throw new Error("There is no such provider.");
  return { ...found, origin: found.origin };
};

/** A write without any condition. */
export function overwrite(set: ConnectionWrite["set"], dueAt: number | null): ConnectionWrite {
  return { guard: {}, set, owe: {}, settle: [], dueAt };
}

export async function openTokens(ports: Ports, { id, tokens, committedBy }: Connection): Promise<TokenSet> {
  if (tokens === null || committedBy === null) throw new Error("There is nothing to open.");
  return openTokenSet(await ports.vault.openKey(id, tokens), tokens, committedBy);
}

/** Redeems, stores, publishes. A refusal condemns. */
export async function redeemAndStore(ports: Ports, connection: Connection, tokens: TokenSet): Promise<Connection> {
  const { origin } = provider(ports);
  const redemption = await redeem(ports, provider(ports), origin, await client(ports), {
    refreshToken: tokens.refreshToken,
  });
  if (redemption.ok) return store(ports, connection, redemption.tokens);
  if (redemption.failure.class === "grant") {
    await ports.connections.write(acme, overwrite({ status: "reauthorization_required" }, null));
  }
  throw new Error(redemption.failure.reason);
}

async function store(ports: Ports, connection: Connection | undefined, tokens: TokenSet): Promise<Connection> {
  const by = ports.random.id();
  const key = await ports.vault.createKey(acme);
  const after = await ports.connections.write(
    acme,
    overwrite(
      {
        status: "active",
        generation: (connection?.generation ?? 0) + 1,
        tokens: await sealTokenSet(key, tokens, by),
        committedBy: by,
        issuedAt: tokens.issuedAt,
        expiresAt: tokens.expiresAt,
        refreshAt: refreshAt(acme, tokens),
        secretName,
        attempt: null,
      },
      refreshAt(acme, tokens),
    ),
  );
  await publish(ports, after, tokens);
  return after;
}

async function publish(ports: Ports, connection: Connection, tokens: TokenSet | undefined): Promise<void> {
  const value = publishedSecret(connection, tokens);
  if (value !== undefined) await ports.publisher.publish(secretName, value);
}

/** A broker around somebody's idea of a refresh. Everything else is as simple as it can be. */
export function naiveBroker(name: string, refresh: (ports: Ports, found: Connection) => Promise<Connection>): Broker {
  const refreshIf = async (ports: Ports, isDue: (found: Connection) => boolean) => {
    const found = await ports.connections.read(acme);
    if (found?.status !== "active" || !isDue(found)) return found;
    return refresh(ports, found);
  };
  return {
    name,
    sweep: (ports) => refreshIf(ports, ({ refreshAt: at }) => (at ?? 0) <= ports.clock.now()).catch(() => undefined),
    refresh: (ports) => refreshIf(ports, () => true),
    async read(ports, { rejected }) {
      const isDue = ({ expiresAt }: Connection) => rejected !== undefined || (expiresAt ?? 0) <= ports.clock.now();
      const connection = await refreshIf(ports, isDue);
      if (connection?.status === "active") return publishedSecret(connection, await openTokens(ports, connection));
      throw new Error("There is no token.");
    },
    async revoke(ports) {
      const found = await ports.connections.read(acme);
      const revocation = provider(ports).revocation;
      if (found === undefined || found.tokens === null || revocation === undefined) return;
      const tokens = await openTokens(ports, found);
      const input = { origin: found.origin, client: await client(ports), ...tokens };
      await requestRevocation(provider(ports), revocation.request(input), http(ports));
      const revoked = { status: "revoked", tokens: null, revokedAt: ports.clock.now() } as const;
      const after = await ports.connections.write(
        acme,
        overwrite({ ...revoked, generation: found.generation + 1 }, null),
      );
      await publish(ports, after, undefined);
    },
    async import(ports, refreshToken) {
      const { origin } = provider(ports);
      const redemption = await redeem(ports, provider(ports), origin, await client(ports), { refreshToken });
      if (redemption.ok) await store(ports, await ports.connections.read(acme), redemption.tokens);
    },
    async authorize(ports, { code = "" }) {
      const { codeRequest, origin } = provider(ports);
      if (codeRequest === undefined) return;
      const request = codeRequest({ origin, client: await client(ports), code, redirectUri: "", codeVerifier: "" });
      const answer = await requestToken(provider(ports), request, http(ports));
      const redemption = answer.ok ? received(provider(ports), answer.grant, ports.clock.now(), {}) : answer;
      if (redemption.ok) await store(ports, await ports.connections.read(acme), redemption.tokens);
    },
  };
}
