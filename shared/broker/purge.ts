import { writeOwn } from "./attempt.ts";
import { forget } from "./bookkeeping-writes.ts";
import { type Connection, isLeased, type Status } from "./connection.ts";
import type { ConnectionId } from "./connection-id.ts";
import type { Ports, SecretRemoval } from "./ports.ts";
import { timing } from "./timing.ts";

export type PurgePorts = Pick<Ports, "connections" | "clock" | "random"> & { readonly secrets: SecretRemoval };

export type PurgeResult =
  /** `secret`: the one that was deleted; null where nothing was published. */
  | { readonly kind: "purged"; readonly secret: string | null }
  /** There was nothing left to remove. */
  | { readonly kind: "empty" }
  | { readonly kind: "not-found" }
  | { readonly kind: "not-revoked"; readonly status: Status }
  /** Somebody who read it before it was revoked may still publish. `until`: epoch milliseconds. */
  | { readonly kind: "too-early"; readonly until: number }
  /** An attempt is under way, or something is owed: a sweep looks at it within a minute. */
  | { readonly kind: "unsettled" }
  /** It was written meanwhile, most likely connected again. What is published is as it was. */
  | { readonly kind: "changed" };

/**
 * Removes what is left of a revoked connection: its secret, its label and its history. The item stays, with its generation.
 *
 * Deleting a secret has no condition, so it is made in two steps: a deletion that is scheduled lets nobody publish and can be
 * taken back, and only when the connection is still the one that was read is it made final. What is authorized after that
 * owes its publish until the name is free. Whoever dies in between repeats the whole.
 *
 * @param actor who purges
 * @throws any error of the stores behind it. Repeat it.
 */
export async function purge(ports: PurgePorts, id: ConnectionId, actor: string): Promise<PurgeResult> {
  const found = await ports.connections.read(id);
  if (found === undefined || found.status === "unconnected") return { kind: "not-found" };
  if (found.status !== "revoked") {
    // A purge that died halfway, and an authorization since then.
    if (found.secretName !== null) await ports.secrets.restore(found.secretName);
    return { kind: "not-revoked", status: found.status };
  }
  if (isForgotten(found)) return { kind: "empty" };
  const now = ports.clock.now();
  const until = (found.revokedAt ?? 0) + timing.lastWriter;
  if (until > now) return { kind: "too-early", until };
  if (isLeased(found, now) || found.candidate !== null || Object.keys(found.owed).length > 0)
    return { kind: "unsettled" };
  const secret = found.secretName;
  if (secret !== null && !(await removeSecret(ports, found, secret))) return { kind: "changed" };
  const author = { by: ports.random.id(), actor, now };
  const { written } = await writeOwn(ports.connections, found, forget(found, author), isForgotten);
  return written ? { kind: "purged", secret } : { kind: "changed" };
}

/** @returns false where the connection was written meanwhile, and the secret is back */
async function removeSecret(ports: PurgePorts, connection: Connection, name: string): Promise<boolean> {
  if (!(await ports.secrets.schedule(name))) return true;
  const found = await ports.connections.read(connection.id);
  if (found?.sequence !== connection.sequence) {
    await ports.secrets.restore(name);
    return false;
  }
  await ports.secrets.remove(name);
  return true;
}

function isForgotten({ status, label, lastRefresh, secretName }: Connection): boolean {
  return status === "revoked" && label === null && lastRefresh === null && secretName === null;
}
