import type { Fetch } from "../oauth/http.ts";
import type { ClientCredentials, Provider } from "../providers/provider.ts";
import type { AuthorizationOutcome, AuthorizationRequest, Ticket } from "./authorization.ts";
import type { Sealed, StatusEvent } from "./connection.ts";
import type { ConnectionId } from "./connection-id.ts";
import type { ConnectionStore } from "./connection-store.ts";
import type { ErrorCode } from "./error.ts";
import type { BreakerEvent, Endpoint, ProviderHealth } from "./provider-health.ts";
import type { PublishedSecret } from "./published-secret.ts";

export type { ClientCredentials };

/** Tickets and authorization requests. Expiry is checked by the use cases; a store may delete what is long over. */
export interface AuthorizationStore {
  createTicket(ticket: Ticket): Promise<void>;
  readTicket(hash: string): Promise<Ticket | undefined>;
  /** Replaces the list of open requests if it is still `expected`. @returns false where it is not */
  openOnTicket(hash: string, expected: readonly number[], open: readonly number[]): Promise<boolean>;
  /** Marks a ticket as spent. Keeps the first mark. */
  spendTicket(hash: string, at: number): Promise<void>;
  createRequest(request: AuthorizationRequest): Promise<void>;
  readRequest(reference: string): Promise<AuthorizationRequest | undefined>;
  /** Takes the request, once. @returns true for the one `by` that got it, also when asked again */
  takeRequest(reference: string, by: string, at: number): Promise<boolean>;
  /** Stores how it ended. Keeps the first outcome. */
  finishRequest(reference: string, outcome: AuthorizationOutcome): Promise<void>;
}

/** An opened data key of one connection. It lives in memory for one invocation at most. */
export interface VaultKey {
  /** `by`: the attempt, authorization or candidate that seals; whoever opens has to name it. */
  seal(text: string, by: string): Promise<Sealed>;
  /** @throws VaultError where the ciphertext is damaged, or was made for another connection or by somebody else. */
  open(sealed: Sealed, by: string): Promise<string>;
}

export interface Vault {
  /** Makes a data key for a connection. @throws VaultError */
  createKey(id: ConnectionId): Promise<VaultKey>;
  /** Opens the data key that came with a ciphertext. @throws VaultError */
  openKey(id: ConnectionId, sealed: Sealed): Promise<VaultKey>;
}

/** A ciphertext or its data key could not be made or opened. Nothing was spent; try again later. */
export class VaultError extends Error {
  override readonly name = "VaultError";
  readonly code = "vault_error";
}

/** The published copy. It cannot go back in time. */
export interface Publisher {
  /**
   * Publishes a value unless a newer generation is already current.
   *
   * @returns the generation that is current now: the value's own or a greater one
   * @throws any error of the store behind it. The debt stays owed; repeat it.
   */
  publish(name: string, value: PublishedSecret): Promise<number>;
}

/** Deletes what was published. Each call is one request, and repeating it changes nothing. */
export interface SecretRemoval {
  /** Schedules the deletion: from here on nobody can publish. @returns false where there is no such secret */
  schedule(name: string): Promise<boolean>;
  /** Takes a scheduled deletion back, with all that the secret held. No such secret is fine, too. */
  restore(name: string): Promise<void>;
  /** Deletes at once, and for good. */
  remove(name: string): Promise<void>;
}

/** Our registrations at the providers, as the operator stored them. */
export interface ClientCredentialsStore {
  /** @throws BrokerError `client_credentials_rejected` where none are stored or they cannot be read as such. */
  read(provider: string): Promise<ClientCredentials>;
  /** Drops what is cached, so that the next read sees a change by the operator. */
  forget(provider: string): void;
}

export interface EventBus {
  /** Sends events. @returns the ids that the bus has accepted; all others stay owed */
  send(
    events: readonly { readonly connection: ConnectionId; readonly event: StatusEvent }[],
  ): Promise<ReadonlySet<string>>;
  /** Sends changes of breakers, in the same way. */
  sendBreakerEvents(events: readonly BreakerEvent[]): Promise<ReadonlySet<string>>;
}

/** How token endpoints are doing, one record for each. */
export interface ProviderHealthStore {
  /** Consistent. @returns undefined where nothing was ever written */
  read(endpoint: Endpoint): Promise<ProviderHealth | undefined>;
  /** Stores a record if the stored one has the sequence before it. @returns false where somebody else was faster */
  write(health: ProviderHealth): Promise<boolean>;
}

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export interface Random {
  /** 256 random bits, base64url. For secrets: tickets, states, cookies. */
  secret(): string;
  /** A unique id for an attempt. */
  id(): string;
  /** From 0 to just below 1, for jitter. */
  fraction(): number;
}

/** What a log line may carry. Anything else has no way in. */
export type LogFields = {
  readonly connection?: ConnectionId;
  readonly attempt_id?: string;
  readonly generation?: number;
  readonly sequence?: number;
  readonly status?: string;
  readonly reason?: string;
  readonly code?: string;
  readonly outcome?: string;
  readonly provider_status?: number;
  readonly provider_reason?: string;
  readonly unknown?: boolean;
  readonly reference?: string;
  readonly provider?: string;
  readonly actor?: string;
  readonly retry_at?: string;
  readonly count?: number;
  /** Only the error's name and code are logged: messages of libraries quote what they failed on. */
  readonly error?: unknown;
};

export interface Log {
  debug(message: string, fields: LogFields): void;
  info(message: string, fields: LogFields): void;
  warn(message: string, fields: LogFields): void;
  error(message: string, fields: LogFields): void;
}

/**
 * What is counted and measured, most of it of each provider. No method waits, fails or is told which connection it is about:
 * names of connections are too many for a metric, and belong to the log.
 */
export interface Metrics {
  /** An attempt to refresh has ended, with a token set or with a code. */
  refreshed(provider: string, outcome: "succeeded" | ErrorCode): void;
  /** How much of its life is left to an access token that is due, or was when it was replaced: percent, negative after it. */
  lifeLeft(provider: string, percent: number): void;
  /** Somebody else held the lease or was faster. */
  leaseLost(provider: string): void;
  /** A sweep has begun. */
  swept(): void;
  /** A connection has been due for so long. */
  dueFor(provider: string, milliseconds: number): void;
  /** A due connection could not even be looked at. */
  unattended(provider: string): void;
  /** A connection whose grant is not dead has no access token that lives. */
  expired(provider: string): void;
  /** Whether the breaker before the provider's token endpoint is open. */
  breaker(provider: string, isOpen: boolean): void;
  /** So many effects of a connection have been owed for longer than they should be. */
  owed(provider: string, count: number): void;
  /** An access token or a tombstone was published. */
  published(provider: string): void;
}

/** What the use cases ask of the world. Each takes the members it needs. */
export type Ports = {
  readonly connections: ConnectionStore;
  readonly authorizations: AuthorizationStore;
  readonly vault: Vault;
  readonly publisher: Publisher;
  readonly clientCredentials: ClientCredentialsStore;
  readonly events: EventBus;
  readonly providerHealth: ProviderHealthStore;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly fetchFor: FetchFor;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly settings: Settings;
  readonly readOrigin: ReadOrigin;
};

export type Settings = {
  /** Providers whose access tokens are published. */
  readonly publish: ReadonlySet<string>;
  /** First segment of every secret's name. */
  readonly prefix: string;
  /** What every URL we hand out starts with; no trailing slash. */
  readonly publicUrl: string;
  /** Origins that `return_to` may have. */
  readonly returnToOrigins: ReadonlySet<string>;
  readonly installUrl: string | undefined;
};

/**
 * How requests are sent to a provider. Nothing is sent without saying whom to: hosts that customers name are strangers', and
 * the URL does not tell them apart.
 *
 * Where a host may not be connected to, the fetch rejects with `NotSentError`: `origin_refused` or `address_refused`.
 */
export type FetchFor = (provider: Pick<Provider, "origin">) => Fetch;

/**
 * Reads the origin of a customer's own host, as somebody wrote it.
 *
 * @returns the one way in which it is stored and compared
 * @throws BrokerError `invalid_request` where it is no such origin; show it to the caller
 */
export type ReadOrigin = (text: string) => string;

/** Who asked, and until when the invocation that serves them runs. */
export type Invocation = {
  /** IAM ARN, `ticket:` and a short hash, or `schedule`. */
  readonly actor: string;
  /** Epoch milliseconds at which the invocation is cut off. */
  readonly endsAt: number;
};
