import type { Connection, Owed } from "./connection.ts";
import type { ConnectionId } from "./connection-id.ts";

/** Clauses that must all hold for a write to happen. The store checks them and writes in one atomic step. */
export type Guard = {
  /** Nothing is stored under the id. */
  readonly absent?: true;
  readonly sequence?: number;
  readonly generation?: number;
  readonly status?: Connection["status"];
  readonly attemptId?: string;
  readonly candidateId?: string;
  /** The revocation still waits for the successor of this generation. */
  readonly revokedGeneration?: number;
  /** The connection was never revoked at or after this time, in epoch milliseconds. */
  readonly notRevokedSince?: number;
  /** The last authorization was not made with this ticket. */
  readonly ticketHashNot?: string;
};

/**
 * One conditional update of one connection. Members that are not named keep what they hold, so a write never undoes
 * what somebody else wrote beside it.
 */
export type ConnectionWrite = {
  readonly guard: Guard;
  readonly set: Partial<Omit<Connection, "id" | "sequence" | "owed">>;
  /** Debts that this write incurs, by id. */
  readonly owe: Readonly<Record<string, Owed>>;
  /** Debts that this write makes void. */
  readonly settle: readonly string[];
  /** When a sweep has to look: epoch milliseconds, null for never. */
  readonly dueAt: number | null;
};

export type ConnectionPage = { readonly connections: readonly Connection[]; readonly nextCursor: string | null };

/** Where connections live. Every read is consistent; every write is atomic and counts `sequence` up by one. */
export interface ConnectionStore {
  read(id: ConnectionId): Promise<Connection | undefined>;
  /**
   * @returns the connection as it is after the write
   * @throws WriteConflict where a clause of the guard does not hold. The write may still have happened before, with
   * only its reply lost: read, and look for your own id.
   */
  write(id: ConnectionId, write: ConnectionWrite): Promise<Connection>;
  /**
   * Removes discharged debts and sets the index key, if `sequence` is still the same. Does not count `sequence` up.
   * @returns false where somebody wrote in between: read again and repeat
   */
  discharge(
    id: ConnectionId,
    input: { readonly sequence: number; readonly settle: readonly string[]; readonly dueAt: number | null },
  ): Promise<boolean>;
  /**
   * Removes a connection that was never connected, if `sequence` is still the same.
   * @returns false where somebody wrote in between, or it is connected
   */
  removeUnconnected(id: ConnectionId, sequence: number): Promise<boolean>;
  /** Ids whose index key has been reached, in key order. A hint: it may be stale in both directions. */
  due(input: {
    readonly provider: string;
    readonly now: number;
    readonly limit: number;
  }): Promise<readonly ConnectionId[]>;
  /**
   * Connections of one provider in order of account, `unconnected` ones left out. A page may be short.
   * @throws BrokerError `invalid_request` where the cursor is not one of ours.
   */
  list(input: {
    readonly provider: string;
    readonly limit: number;
    readonly cursor: string | undefined;
  }): Promise<ConnectionPage>;
}

/** A write's guard did not hold. */
export class WriteConflict extends Error {
  override readonly name = "WriteConflict";
  readonly code = "write_conflict";
  constructor(id: ConnectionId) {
    super(`Somebody else wrote ${id} in between. Read it again and decide anew.`);
  }
}
