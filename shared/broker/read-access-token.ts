import { createHash } from "node:crypto";
import type { TokenSet } from "../oauth/token-set.ts";
import { type Connection, providerOf } from "./connection.ts";
import type { ConnectionId } from "./connection-id.ts";
import { BrokerError, type ErrorCode } from "./error.ts";
import { requireProvider } from "./known-provider.ts";
import type { Invocation } from "./ports.ts";
import { type PublishedToken, publishedSecret } from "./published-secret.ts";
import { type RefresherPorts, type RefreshResult, type Refusal, refresh } from "./refresh.ts";
import { type Demand, hasLife } from "./refresh-decision.ts";
import { openTokenSet } from "./sealed-token-set.ts";

export type AccessTokenRequest = {
  /** Least life in seconds; the smaller of 60 and 10 % of the token's life where not given. */
  readonly minimumSeconds: number | undefined;
  /** `fingerprint` of an access token that the provider answered with 401. */
  readonly rejected: string | undefined;
};

export type AccessToken = Omit<PublishedToken, "provider" | "account">;

/** First 16 hex digits of the SHA-256 of a token: enough to tell two apart, and nothing to get in with. */
export function fingerprint(token: string): string {
  return createHash("sha256").update(token).digest("hex").slice(0, 16);
}

/**
 * Gives a reader the current access token with the life it asks for, refreshing it where needed.
 *
 * @throws BrokerError `connection_not_found`, `connection_revoked`, `reauthorization_required` (a person has to act),
 * `invalid_request` (asked for more life than a new token has), `token_just_issued`, `refresh_in_progress`,
 * `provider_unavailable`, `client_credentials_rejected` (try again after `retryAfterSeconds`)
 */
export async function readAccessToken(
  ports: RefresherPorts,
  id: ConnectionId,
  request: AccessTokenRequest,
  invocation: Invocation,
): Promise<AccessToken> {
  const connection = await ports.connections.read(id);
  const minimumMilliseconds = minimumLife(ports, connection, request);
  const isRejected = connection !== undefined && (await isCurrent(ports, connection, request.rejected));
  const demand: Demand =
    isRejected && connection !== undefined
      ? { kind: "rejected", generation: connection.generation, minimumMilliseconds }
      : { kind: "reader", minimumMilliseconds };
  const result = await refresh(ports, id, demand, invocation, connection);
  if (result.kind === "fresh") return present(ports, result.connection, result.tokens);
  // To a reader who named no minimum, a token that still lives is better than an error, unless this very one was reported.
  const fallback = isRejected || request.minimumSeconds !== undefined ? undefined : stillAlive(ports, result);
  if (fallback !== undefined) return present(ports, fallback, undefined);
  throw result.kind === "failed"
    ? failedError(result.code, result.connection, ports.clock.now())
    : refusalError(id, result.decision, ports.clock.now());
}

/** @throws BrokerError `invalid_request` */
function minimumLife(ports: RefresherPorts, connection: Connection | undefined, request: AccessTokenRequest): number {
  if (connection?.status !== "active" && connection?.status !== "degraded") return 0;
  const life = lifeSeconds(ports, connection);
  if (request.minimumSeconds === undefined) return Math.min(60, life / 10) * 1000;
  const most = Math.floor(life * 0.8);
  if (request.minimumSeconds > most) {
    throw new BrokerError(
      "invalid_request",
      `minimum_seconds may be at most ${most} here: access tokens of this connection live for ${life} seconds.`,
    );
  }
  return request.minimumSeconds * 1000;
}

function lifeSeconds(ports: RefresherPorts, connection: Connection): number {
  const { issuedAt, expiresAt } = connection;
  if (issuedAt === null || expiresAt === null || expiresAt <= issuedAt) {
    return requireProvider(ports.providers, providerOf(connection)).defaultLifeSeconds;
  }
  return Math.floor((expiresAt - issuedAt) / 1000);
}

async function isCurrent(
  ports: RefresherPorts,
  connection: Connection,
  rejected: string | undefined,
): Promise<boolean> {
  if (rejected === undefined || connection.tokens === null) return false;
  const tokens = await open(ports, connection);
  return fingerprint(tokens.accessToken) === rejected;
}

async function open(ports: RefresherPorts, connection: Connection): Promise<TokenSet> {
  if (connection.tokens === null || connection.committedBy === null) {
    throw new BrokerError("internal_error", `${connection.id} holds no token set although it is ${connection.status}.`);
  }
  const key = await ports.vault.openKey(connection.id, connection.tokens);
  return openTokenSet(key, connection.tokens, connection.committedBy);
}

async function present(
  ports: RefresherPorts,
  connection: Connection,
  tokens: TokenSet | undefined,
): Promise<AccessToken> {
  const value = publishedSecret(connection, tokens ?? (await open(ports, connection)));
  if (value === undefined || !("access_token" in value)) {
    throw new BrokerError(
      "internal_error",
      `${connection.id} holds no access token although it is ${connection.status}.`,
    );
  }
  if (!hasLife(connection, ports.clock.now(), 1)) throw refusalError(connection.id, { kind: "leased", until: 0 }, 0);
  const { access_token, token_type, expires_at, issued_at, generation, origin } = value;
  return { access_token, token_type, expires_at, issued_at, generation, origin };
}

/** The connection, where its access token may still be handed out although it is not as good as was asked. */
function stillAlive(ports: RefresherPorts, result: RefreshResult): Connection | undefined {
  const { connection } = result;
  if (connection === undefined || (connection.status !== "active" && connection.status !== "degraded"))
    return undefined;
  return hasLife(connection, ports.clock.now(), 1) ? connection : undefined;
}

/** The error for a refresh that was not even tried, with what to do about it. */
export function refusalError(id: ConnectionId, decision: Refusal, now: number): BrokerError {
  switch (decision.kind) {
    case "absent":
      return new BrokerError("connection_not_found", `There is no connection ${id}. Connect the account first.`);
    case "revoked":
      return new BrokerError(
        "connection_revoked",
        `The connection ${id} was revoked. Connect the account again to use it.`,
      );
    case "dead":
      return new BrokerError(
        "reauthorization_required",
        `The provider ended the grant of ${id} (${decision.reason}). Its owner has to authorize again.`,
      );
    case "just-issued":
      return new BrokerError(
        "token_just_issued",
        "This token was issued a moment ago because the one before it was rejected. Another one would be rejected too: check the product and the permissions.",
        { retryAfterSeconds: secondsUntil(decision.until, now) },
      );
    case "leased":
      return new BrokerError("refresh_in_progress", `A refresh of ${id} is under way. Ask again.`, {
        retryAfterSeconds: 2,
      });
    case "backing-off":
      return unavailableError(id, decision.code, decision.until, now);
  }
}

/** The error for an attempt that this very call made and that failed. */
export function failedError(code: ErrorCode, connection: Connection, now: number): BrokerError {
  if (code === "reauthorization_required") {
    return refusalError(connection.id, { kind: "dead", reason: connection.reason ?? "grant_rejected" }, now);
  }
  return unavailableError(connection.id, code, connection.retry?.at ?? now, now);
}

function unavailableError(id: ConnectionId, code: ErrorCode, until: number, now: number): BrokerError {
  const retryAfterSeconds = secondsUntil(until, now);
  if (code === "client_credentials_rejected") {
    return new BrokerError(
      code,
      `Our client credentials are missing, or the provider refused them, so ${id} could not be refreshed. The operator has to correct them; no authorization is lost.`,
      { retryAfterSeconds },
    );
  }
  if (code === "internal_error") {
    return new BrokerError(
      code,
      `${id} could not be refreshed because of a fault on our side. Nothing is lost; ask again.`,
      {
        retryAfterSeconds,
      },
    );
  }
  return new BrokerError(
    "provider_unavailable",
    `The provider does not answer as it should, so ${id} could not be refreshed. Ask again.`,
    {
      retryAfterSeconds,
    },
  );
}

function secondsUntil(until: number, now: number): number {
  return Math.max(1, Math.ceil((until - now) / 1000));
}
