import type { TokenSet } from "../oauth/token-set.ts";
import { later, writeOwn } from "./attempt.ts";
import { type Consumed, commit } from "./commit-write.ts";
import type { Connection } from "./connection.ts";
import { providerOf } from "./connection.ts";
import type { Author } from "./connection-change.ts";
import { WriteConflict } from "./connection-store.ts";
import type { Ports, VaultKey } from "./ports.ts";
import { secretName } from "./published-secret.ts";
import { backoffMilliseconds } from "./refresh-schedule.ts";
import { sealTokenSet } from "./sealed-token-set.ts";
import { timing } from "./timing.ts";

export type Received = {
  readonly tokens: TokenSet;
  /** False where the access token of the answer could not be used. */
  readonly usable: boolean;
  readonly fromRejected: boolean;
};

export type CommitResult =
  | { readonly kind: "committed"; readonly connection: Connection }
  /** Something newer is there. What was received is discarded and nobody is called: the newer one may be the same grant. */
  | { readonly kind: "superseded"; readonly connection: Connection | undefined }
  /** Revoked in the meantime. What was received is to be revoked as well. */
  | { readonly kind: "revoked" }
  /**
   * Handed in, and taken back before it was ever connected. What was received is discarded and nobody is called: there was
   * no connection to revoke, and an account that is being authorized at this moment may have joined the same grant.
   */
  | { readonly kind: "taken-back" }
  | { readonly kind: "wrong-account" }
  /** Another authorization with the same ticket was committed first. */
  | { readonly kind: "ticket-spent" }
  /** The ticket is older than the last revocation. */
  | { readonly kind: "ticket-outdated" }
  /** The store did not take it within the time there is. */
  | { readonly kind: "failed"; readonly error: unknown };

/** How often a commit is made again on top of another write of the same generation. Each needs somebody who wrote it. */
const mostConflicts = 10;

/** Longest pause between two tries, in milliseconds. */
const longestPause = 500;

/** So often it is tried in any case, also by a process that stood still meanwhile: nobody else has what it holds. */
const fewestTries = 5;

/**
 * Makes a token set durable, and tries for three seconds, and five times at the least: nothing else stands between a
 * provider's answer and its loss.
 *
 * @param known the connection as it was when the token was redeemed
 * @param key opened before the token was redeemed
 */
export async function commitTokens(
  ports: Pick<Ports, "connections" | "clock" | "random" | "settings">,
  known: Connection,
  consumed: Consumed,
  received: Received,
  key: VaultKey,
  author: Author,
): Promise<CommitResult> {
  const sealed = await sealTokenSet(key, received.tokens, author.by);
  const published = ports.settings.publish.has(providerOf(known)) ? secretName(ports.settings.prefix, known) : null;
  const giveUpAt = ports.clock.now() + timing.commit;
  let connection = known;
  let target = consumed;
  let conflicts = 0;
  let mayBeStored = false;
  for (let pause = 50, tries = 1; ; pause = Math.min(pause * 2, longestPause), tries++) {
    const retryAt = ports.clock.now() + backoffMilliseconds(connection.tries + 1, ports.random.fraction(), undefined);
    const input = { consumed: target, ...received, sealed, retryAt, secretName: published };
    try {
      const write = commit(connection, input, later(ports, author));
      const result = await writeOwn(ports.connections, connection, write, (found) => found.committedBy === author.by);
      if (result.written) return { kind: "committed", connection: result.connection };
      const next = afterConflict(target, result.connection);
      if (next.kind !== "again") return next;
      // It may have been stored and replaced since. Once more, it would replace what is newer.
      if (mayBeStored && consumed.kind === "code" && next.connection.generation > connection.generation) {
        return { kind: "superseded", connection: next.connection };
      }
      connection = next.connection;
      target = next.consumed;
      if (++conflicts >= mostConflicts) return { kind: "failed", error: new WriteConflict(known.id) };
    } catch (error) {
      mayBeStored = true;
      const left = giveUpAt - ports.clock.now();
      if (left <= 0 && tries >= fewestTries) return { kind: "failed", error };
      await ports.clock.sleep(left <= 0 ? pause : Math.min(pause, left));
    }
  }
}

type Next = CommitResult | { readonly kind: "again"; readonly connection: Connection; readonly consumed: Consumed };

/** What a failed guard means for a token set in hand, by what has become of the connection. */
export function afterConflict(consumed: Consumed, found: Connection | undefined): Next {
  // What is gone was never connected, and its refresh token was refused or taken back.
  if (found === undefined)
    return consumed.kind === "candidate" ? { kind: "taken-back" } : { kind: "superseded", connection: found };
  if (consumed.kind === "code") {
    if (found.revokedAt !== null && found.revokedAt >= consumed.ticketIssuedAt) return { kind: "ticket-outdated" };
    if (found.ticketHash === consumed.ticketHash) return { kind: "ticket-spent" };
    if (isOtherAccount(found, consumed)) return { kind: "wrong-account" };
    // Whoever has taken over since may have revoked the grant that the code was exchanged for.
    if (consumed.leaseId !== undefined && found.attempt?.id !== consumed.leaseId) {
      return { kind: "superseded", connection: found };
    }
    return { kind: "again", connection: found, consumed };
  }
  if (consumed.kind === "candidate") {
    if (found.candidate?.id === consumed.candidate.id) return { kind: "again", connection: found, consumed };
  } else if (found.status === "revoking" && found.revocation?.revokedGeneration === consumed.generation) {
    return {
      kind: "again",
      connection: found,
      consumed: { kind: "revoked-generation", generation: consumed.generation },
    };
  } else if (found.generation === consumed.generation && found.status !== "revoked") {
    return { kind: "again", connection: found, consumed };
  }
  if (found.status === "revoking" || found.status === "revoked") return { kind: "revoked" };
  if (found.status === "unconnected" && found.candidate === null) return { kind: "taken-back" };
  return { kind: "superseded", connection: found };
}

/** True where the provider calls the account that authorized by another name than the one connected so far. */
export function isOtherAccount(connection: Connection, consumed: Extract<Consumed, { kind: "code" }>): boolean {
  if (consumed.anyAccount || connection.label === null || consumed.label === null) return false;
  return connection.label !== consumed.label;
}
