import type { ErrorCode } from "../../../shared/broker/error.ts";
import type { connectionMetadata } from "../../../shared/runtime/connection-metadata.ts";

/* What the console shows, as its page receives it. Times are ISO 8601 UTC with milliseconds. No token is ever in it. */

/** A connection as `GET /v1/connections` answers it. */
export type Metadata = Omit<ReturnType<typeof connectionMetadata>, "status"> & {
  readonly status: Exclude<ReturnType<typeof connectionMetadata>["status"], "unconnected">;
};

/** One refresh that the console has seen. */
export type SeenRefresh = {
  readonly at: string;
  readonly outcome: "succeeded" | "failed" | "unknown";
  readonly code: ErrorCode | null;
};

/** What may be told of an access token. */
export type TokenFacts = {
  readonly generation: number;
  readonly issued_at: string;
  /** First 16 hex digits of its SHA-256. */
  readonly fingerprint: string;
};

export type ConnectionView = Metadata & {
  /** What the breaker of its token endpoint is open for; null where it is closed. */
  readonly leftAlone: string | null;
  /** Of the current generation; null as long as nobody could read it. */
  readonly token: TokenFacts | null;
  /** Oldest first. */
  readonly refreshes: readonly SeenRefresh[];
};

export type ConnectionsView = {
  readonly connections: readonly ConnectionView[];
  /** There are more than the console shows. */
  readonly hasMore: boolean;
  /** Why the list could not be read this time; what was read last is shown. */
  readonly problem: string | null;
};

/** A fault as the sandbox lists it: whatever else it has beside its kind. */
export type FaultView = {
  readonly kind: string;
  readonly hits: number;
  /** null where it hits until it is cleared. */
  readonly left: number | null;
} & Readonly<Record<string, unknown>>;

export type ProviderView = {
  readonly id: string;
  readonly name: string;
  /** A person authorizes on a page of the provider; where not, a refresh token is handed in. */
  readonly hasApprovalPage: boolean;
  /** How a person ends a grant there, where the broker cannot: sentences; null where it can. */
  readonly endedByHand: string | null;
  /** null where the provider is the real one. */
  readonly sandbox: {
    readonly rotation: string;
    readonly token_seconds: number;
    readonly faults: readonly FaultView[];
  } | null;
};

/** An event that the local bus has accepted, as docs/events.md describes it. */
export type BusEvent = {
  readonly number: number;
  readonly time: string;
  readonly detail_type: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** All of it. Each member is sent to the page as an event of its name, whenever it has changed. */
export type ConsoleState = {
  readonly providers: readonly ProviderView[];
  readonly connections: ConnectionsView;
  /** Newest first. */
  readonly events: readonly BusEvent[];
};
