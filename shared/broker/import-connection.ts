import { requestLabel } from "./account-label.ts";
import { hasTimeForAttempt } from "./attempt.ts";
import { setLabel } from "./bookkeeping-writes.ts";
import { attemptCandidate, type CandidateResult } from "./candidate-attempt.ts";
import { candidateError } from "./candidate-error.ts";
import { type Connection, isLeased, unwrittenConnection } from "./connection.ts";
import { type ConnectionId, splitConnectionId } from "./connection-id.ts";
import { discharge } from "./discharge.ts";
import { BrokerError } from "./error.ts";
import { requireProvider } from "./known-provider.ts";
import type { Invocation, Ports, VaultKey } from "./ports.ts";
import { refusalError } from "./read-access-token.ts";
import type { RefresherPorts } from "./refresh.ts";
import { openTokenSet } from "./sealed-token-set.ts";
import { timing } from "./timing.ts";

export type ImportPorts = RefresherPorts & Pick<Ports, "readOrigin">;

export type ImportRequest = {
  readonly refreshToken: string;
  /** Of the customer's host, where the provider is on its customers' hosts. */
  readonly origin: string | undefined;
};

export type ImportResult = { readonly connection: Connection; readonly created: boolean };

const longestRefreshToken = 16_384;

/**
 * Connects an account from a refresh token that was handed to us, or replaces the one that is stored. It is redeemed at
 * once; until the provider has accepted it, what was there stays untouched.
 *
 * @throws BrokerError `invalid_request` (also where the origin's host is not on the internet); `grant_rejected` (the
 * provider refused it: nothing was stored); `client_credentials_rejected`; `provider_unavailable` (the message says whether
 * to send it again or to wait); `refresh_in_progress` (nothing was stored: send it again)
 */
export async function importConnection(
  ports: ImportPorts,
  id: ConnectionId,
  request: ImportRequest,
  invocation: Invocation,
): Promise<ImportResult> {
  const origin = originFor(ports, id, request);
  const waitUntil = ports.clock.now() + timing.wait;
  for (let pause: number = timing.waitFirst; ; pause = Math.min(pause * 2, timing.waitLongest)) {
    const known = (await ports.connections.read(id)) ?? unwrittenConnection(id, origin, ports.clock.now());
    const isNew = known.status === "unconnected";
    if (!isLeased(known, ports.clock.now()) && hasTimeForAttempt(ports, invocation)) {
      const prepared = await prepareKey(ports, known, request.refreshToken, origin);
      if (prepared === "same") return { connection: known, created: false };
      const by = ports.random.id();
      const result = await attemptCandidate(ports, known, invocation, {
        id: by,
        refreshToken: await prepared.seal(request.refreshToken, by),
        origin,
        actor: invocation.actor,
        requestedAt: ports.clock.now(),
        unknown: false,
        refused: false,
        tries: 0,
        retryAt: 0,
      });
      if (result.kind === "committed") return { connection: await settleIn(ports, result, invocation), created: isNew };
      if (result.kind === "failed") throw candidateError(known, result, ports.clock.now());
      if (result.kind !== "lost") throw overtakenError(id, result.kind);
    }
    if (ports.clock.now() + pause > waitUntil) throw refusalError(id, { kind: "leased", until: 0 }, ports.clock.now());
    await ports.clock.sleep(pause);
  }
}

/** @throws BrokerError `invalid_request`, `provider_unknown` */
function originFor(ports: ImportPorts, id: ConnectionId, request: ImportRequest): string {
  const provider = requireProvider(ports.providers, splitConnectionId(id).provider);
  if (provider.origin !== undefined && request.origin !== undefined) {
    throw new BrokerError(
      "invalid_request",
      `${provider.name} has one origin for all its accounts: leave \`origin\` out.`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(request.refreshToken) || request.refreshToken.length > longestRefreshToken) {
    throw new BrokerError(
      "invalid_request",
      `refresh_token has to be 1 to ${longestRefreshToken} visible ASCII characters without spaces.`,
    );
  }
  if (provider.origin !== undefined) return provider.origin;
  if (request.origin === undefined) {
    throw new BrokerError(
      "invalid_request",
      `${provider.name} is on its customers' hosts: name the customer's as \`origin\`.`,
    );
  }
  return ports.readOrigin(request.origin);
}

/** The key to seal the candidate with; `same` where the refresh token is the stored one, which is not redeemed for that. */
async function prepareKey(
  ports: RefresherPorts,
  known: Connection,
  refreshToken: string,
  origin: string,
): Promise<VaultKey | "same"> {
  if (known.tokens === null || known.committedBy === null) return ports.vault.createKey(known.id);
  const key = await ports.vault.openKey(known.id, known.tokens);
  const tokens = await openTokenSet(key, known.tokens, known.committedBy);
  const isHeld = known.status !== "revoking" && known.origin === origin && tokens.refreshToken === refreshToken;
  return isHeld ? "same" : key;
}

/** What follows a candidate's commit: learn the label, then publish. The token set is durable before either. */
export async function settleIn(
  ports: RefresherPorts,
  result: Extract<CandidateResult, { kind: "committed" }>,
  invocation: Invocation,
): Promise<Connection> {
  const label = await requestLabel(ports, result.connection, result.tokens.accessToken);
  let { connection } = result;
  if (label !== null && label !== connection.label) {
    const author = { by: ports.random.id(), actor: invocation.actor, now: ports.clock.now() };
    connection = await ports.connections
      .write(connection.id, setLabel(connection, label, author))
      .catch(() => connection);
  }
  return discharge(ports, connection, invocation, result.tokens);
}

/** It was redeemed, and must not be sent again without a look: something newer is there. */
function overtakenError(id: ConnectionId, kind: "revoked" | "superseded"): BrokerError {
  if (kind === "revoked") return refusalError(id, { kind: "revoked" }, 0);
  return new BrokerError(
    "refresh_in_progress",
    `Something newer was stored for ${id} in the meantime. Look at the connection before you send the refresh token again.`,
    { retryAfterSeconds: 2 },
  );
}
