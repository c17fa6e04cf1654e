/**
 * One request as the log keeps it. Never a token, a code or a secret: hashes are the first 16 hex digits of SHA-256.
 *
 * Milliseconds are coarse, so whether two requests overlapped is read from the orders: every beginning, processing and
 * end takes the next number of one counter.
 */
export type LogEntry = {
  readonly number: number;
  readonly endpoint: string;
  readonly method: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** When the effect took place; null where it did not (yet). */
  readonly processedAt: number | null;
  /** When the answer had been written or the connection had gone; null while the request is open. */
  readonly endedAt: number | null;
  readonly startOrder: number;
  readonly processOrder: number | null;
  readonly endOrder: number | null;
  /** The status sent; null where none was. */
  readonly status: number | null;
  /** What took effect, whatever was answered. */
  readonly outcome: string | null;
  /** Ids of the faults that hit this request. */
  readonly faults: readonly string[];
  /** The client hung up before it was answered. */
  readonly clientGone: boolean;
  readonly account: string | null;
  readonly grant: string | null;
  readonly redeems: "code" | "refresh_token" | null;
  readonly presentedHash: string | null;
  readonly generation: number | null;
  readonly issuedGeneration: number | null;
  readonly issuedRefreshHash: string | null;
  readonly issuedAccessHash: string | null;
};
