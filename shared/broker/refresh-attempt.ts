import type { TokenSet } from "../oauth/token-set.ts";
import type { ClientCredentials, Provider } from "../providers/provider.ts";
import { beginAttempt } from "./attempt.ts";
import { type AttemptResult, reportCommit } from "./attempt-result.ts";
import { commitTokens } from "./commit.ts";
import { type Connection, providerOf } from "./connection.ts";
import type { Author } from "./connection-change.ts";
import { BrokerError } from "./error.ts";
import { requireProvider } from "./known-provider.ts";
import type { Invocation, Ports, VaultKey } from "./ports.ts";
import { readClient } from "./read-client.ts";
import { redeem } from "./redeem.ts";
import { failUnspent, settleFailure } from "./refresh-failure.ts";
import type { Pass } from "./refresh-gate.ts";
import { revokeReceived } from "./revoke-received.ts";
import { openTokenSet } from "./sealed-token-set.ts";
import { timing } from "./timing.ts";

export type RefreshPorts = Pick<
  Ports,
  | "connections"
  | "vault"
  | "clientCredentials"
  | "providers"
  | "fetchFor"
  | "clock"
  | "random"
  | "log"
  | "metrics"
  | "settings"
>;

type Prepared = { readonly key: VaultKey; readonly tokens: TokenSet; readonly client: ClientCredentials };

/**
 * One try to refresh a connection: begin, prepare, redeem, commit.
 *
 * The order is the protocol. The lease and the attempt are durable before anything is prepared; all that can fail
 * without spending the refresh token has been done before it is sent; and once an answer is there, the commit is the
 * very next thing. What the commit owes is discharged by the caller.
 *
 * @param known the connection as the decision to refresh saw it
 * @throws errors of the store in `begin`; nothing was spent
 */
export async function attemptRefresh(
  ports: RefreshPorts,
  known: Connection,
  invocation: Invocation,
  fromRejected: boolean,
  pass?: Pass,
): Promise<AttemptResult> {
  const provider = requireProvider(ports.providers, providerOf(known));
  const begun = await beginAttempt(ports, known, "refresh", invocation);
  if (begun === undefined) return { kind: "overtaken" };
  const { connection, author } = begun;

  // What is let through an open breaker has to find out about the credentials that are stored now.
  if (pass !== undefined && pass.way !== "open") ports.clientCredentials.forget(provider.id);
  const prepared = await prepare(ports, provider, connection, author).catch((error: unknown) => ({ error }));
  if ("error" in prepared) return failUnspent(ports, connection, author, prepared.error);

  const { tokens, client, key } = prepared;
  const redemption = await redeem(ports, provider, connection.origin, client, { ...tokens, current: tokens });
  if (!redemption.ok) return settleFailure(ports, provider, connection, author, client, redemption.failure, pass);

  const consumed = { kind: "generation", generation: connection.generation } as const;
  const received = { tokens: redemption.tokens, usable: redemption.usable, fromRejected };
  const committed = await commitTokens(ports, connection, consumed, received, key, author);
  if (committed.kind === "revoked") {
    await revokeReceived(ports, provider, connection, client, redemption.tokens, author, invocation);
  }
  await pass?.gate.succeeded(pass);
  return reportCommit(ports, connection, author, committed, redemption.tokens);
}

/** All that can fail before the refresh token is spent fails here. */
async function prepare(
  ports: RefreshPorts,
  provider: Provider,
  connection: Connection,
  author: Author,
): Promise<Prepared> {
  if (connection.tokens === null || connection.committedBy === null) {
    throw new BrokerError("internal_error", `${connection.id} holds no token set although it is ${connection.status}.`);
  }
  const [key, client] = await Promise.all([
    ports.vault.openKey(connection.id, connection.tokens),
    readClient(ports, provider),
  ]);
  const tokens = await openTokenSet(key, connection.tokens, connection.committedBy);
  if (ports.clock.now() - author.now > timing.latestRedeem) {
    throw new BrokerError(
      "provider_unavailable",
      "Preparing the refresh took so long that the lease could end during it.",
    );
  }
  return { key, tokens, client };
}
