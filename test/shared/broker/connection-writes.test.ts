import { describe, expect, it } from "vitest";
import {
  backOff,
  begin,
  closeAttempt,
  condemn,
  endCandidate,
  postponeReplay,
  release,
} from "../../../shared/broker/attempt-writes.ts";
import { raiseGeneration, setLabel } from "../../../shared/broker/bookkeeping-writes.ts";
import { type Commit, type Consumed, commit } from "../../../shared/broker/commit-write.ts";
import { type Candidate, type Connection, dueAt, unwrittenConnection } from "../../../shared/broker/connection.ts";
import type { Author } from "../../../shared/broker/connection-change.ts";
import type { ConnectionWrite } from "../../../shared/broker/connection-store.ts";
import { WriteConflict } from "../../../shared/broker/connection-store.ts";
import { bearerRejected, beginRevoking, finishRevoking } from "../../../shared/broker/revocation-writes.ts";
import { acme, startedAt as now } from "../../support/broker-world.ts";
import { memoryConnections } from "../../support/memory-connections.ts";

const author: Author = { by: "me", actor: "tester", now };
const tokens = { accessToken: "access", refreshToken: "refresh", issuedAt: now - 100, expiresAt: now + 3_600_000 };
const sealed = { jwe: "new", dataKey: "key" };
const candidate: Candidate = {
  id: "candidate",
  refreshToken: { jwe: "candidate", dataKey: "key" },
  origin: "https://other.example",
  actor: "importer",
  requestedAt: now - 500,
  unknown: false,
  refused: false,
  tries: 0,
  retryAt: 0,
};
const unwritten = unwrittenConnection(acme, "https://api.rd.services", now);
const active: Connection = {
  ...unwritten,
  status: "active",
  generation: 7,
  sequence: 20,
  label: "Acme",
  secretName: "chaveiro/rd-station/acme",
  tokens: { jwe: "old", dataKey: "key" },
  issuedAt: now - 80_000,
  expiresAt: now + 20_000,
  refreshAt: now - 1,
  committedBy: "before",
  attempt: { id: "me", kind: "refresh", generation: 7, leaseUntil: now + 17_000, ended: false },
};
const revoking: Connection = {
  ...active,
  status: "revoking",
  generation: 8,
  revokedAt: now - 10,
  revocation: { id: "operator", revokedGeneration: 7, upstream: null, actor: "tester" },
};
const failed = { code: "provider_unavailable", unknown: true, retryAt: now + 2_000, degrades: true } as const;
const code: Extract<Consumed, { kind: "code" }> = {
  kind: "code",
  ticketHash: "ticket",
  ticketIssuedAt: now - 1_000,
  label: "Acme",
  origin: "https://api.rd.services",
  anyAccount: false,
  leaseId: undefined,
};

function commitOf(connection: Connection, consumed: Consumed, changes: Partial<Commit> = {}): ConnectionWrite {
  const secretName = "chaveiro/rd-station/acme";
  const input: Commit = {
    consumed,
    tokens,
    sealed,
    usable: true,
    fromRejected: false,
    retryAt: now + 1_000,
    secretName,
  };
  return commit(connection, { ...input, ...changes }, author);
}

/** The record after a write, applied by the store to what the write was made for. */
async function writtenOver(connection: Connection, write: ConnectionWrite): Promise<Connection> {
  return (await applied(connection, write)).connection;
}

async function applied(connection: Connection, write: ConnectionWrite) {
  const store = memoryConnections();
  if (connection.sequence > 0) {
    const { id, sequence: _, owed, ...set } = connection;
    for (let sequence = 0; sequence < connection.sequence; sequence++) {
      await store.write(id, { guard: {}, set: {}, owe: {}, settle: [], dueAt: null }).catch(async () => {
        await store.write(id, { guard: { absent: true }, set, owe: owed, settle: [], dueAt: null });
      });
    }
  }
  await store.write(connection.id, write);
  const item = store.items.get(connection.id);
  if (item === undefined) throw new Error("Nothing was written.");
  return item;
}

const events = (write: ConnectionWrite) =>
  Object.values(write.owe).flatMap((owed) => (owed.kind === "event" ? [owed.event] : []));
const publishes = (write: ConnectionWrite) => Object.keys(write.owe).filter((id) => id.startsWith("publish-"));

const writes: readonly (readonly [string, Connection, ConnectionWrite])[] = [
  ["begin", active, begin({ ...active, attempt: null }, "refresh", author)],
  ["the first write of all", unwritten, begin(unwritten, "candidate", author, candidate)],
  ["a commit", active, commitOf(active, { kind: "generation", generation: 7 })],
  ["an unusable commit", active, commitOf(active, { kind: "generation", generation: 7 }, { usable: false })],
  ["the first authorization", unwritten, commitOf(unwritten, code)],
  ["an authorization of what is active", active, commitOf(active, code)],
  ["a commit while revoking", revoking, commitOf(revoking, { kind: "revoked-generation", generation: 7 })],
  ["condemning", active, condemn(active, "grant_rejected", author)],
  ["a backoff", active, backOff(active, failed, author)],
  ["a postponed replay", active, postponeReplay(active, now + 9_000, author)],
  ["the end of a candidate", { ...active, candidate }, endCandidate({ ...active, candidate }, null, author)],
  ["a crashed attempt that is closed", active, closeAttempt(active, author)],
  ["a lease given back", revoking, release(revoking, author)],
  ["the first step of revoking", active, beginRevoking(active, author)],
  ["a refused bearer", revoking, bearerRejected(revoking, failed, author)],
  ["the last step of revoking", revoking, finishRevoking(revoking, "revoked", author, false)],
  ["a label", active, setLabel(active, "Acme Ltda.", author)],
  ["a raised generation", active, raiseGeneration(active, 41, author)],
];

describe.each(writes)("%s", (_, connection, write) => {
  it("sets the index key that belongs to the record it leaves", async () => {
    const item = await applied(connection, write);
    expect(item.dueAt).toBe(dueAt(item.connection));
  });

  it("counts the sequence up by one and says when it happened", async () => {
    const written = await writtenOver(connection, write);
    expect(written.sequence).toBe(connection.sequence + 1);
    expect(written.updatedAt).toBe(now);
  });

  it("never lets the generation go down", async () => {
    expect((await writtenOver(connection, write)).generation).toBeGreaterThanOrEqual(connection.generation);
  });

  it("owes one event where the status changes or somebody has authorized, and otherwise none", async () => {
    const { status, ticketHash } = await writtenOver(connection, write);
    const changed = status !== connection.status && status !== "unconnected";
    const isTold = changed || ticketHash !== connection.ticketHash;
    expect(events(write).map((event) => event.status)).toEqual(isTold ? [status] : []);
  });

  it("names its event the same however often it is made", () => {
    const ids = events(write).map((event) => event.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toContain(`${acme}#me-`);
  });
});

describe("begin", () => {
  const crashed: Connection = {
    ...active,
    attempt: { id: "dead", kind: "refresh", generation: 7, leaseUntil: now, ended: false },
  };

  it("takes the lease for the attempt", async () => {
    const written = await writtenOver(active, begin(active, "refresh", author));
    expect(written.attempt).toEqual({
      id: "me",
      kind: "refresh",
      generation: 7,
      leaseUntil: now + 17_000,
      ended: false,
    });
  });

  it("rests on the whole item", () => {
    expect(begin(active, "refresh", author).guard).toEqual({ sequence: 20 });
    expect(begin(unwritten, "candidate", author, candidate).guard).toEqual({ absent: true });
  });

  it("carries over that the outcome of a crashed attempt is unknown", () => {
    expect(begin(crashed, "refresh", author).set.unknown).toBe(true);
    expect(begin(crashed, "candidate", author, candidate).set.unknown).toBe(true);
    expect(begin({ ...crashed, attempt: null, unknown: true }, "refresh", author).set.unknown).toBe(true);
    expect(begin({ ...active, attempt: null }, "refresh", author).set.unknown).toBe(false);
    expect(begin({ ...crashed, generation: 8 }, "refresh", author).set.unknown).toBe(false);
  });

  it("says of a candidate, and not of the generation, that a crashed attempt may have spent it", () => {
    const connection: Connection = {
      ...crashed,
      attempt: { id: "dead", kind: "candidate", generation: 7, leaseUntil: now, ended: false },
      candidate,
    };
    const { set } = begin(connection, "candidate", author);
    expect(set.unknown).toBe(false);
    expect(set.candidate).toEqual({ ...candidate, unknown: true, retryAt: now + 17_000 });
  });

  it("does not say so of a candidate that is new", () => {
    const connection: Connection = {
      ...crashed,
      attempt: { id: "dead", kind: "candidate", generation: 7, leaseUntil: now, ended: false },
      candidate,
    };
    const fresh = { ...candidate, id: "fresh" };
    expect(begin(connection, "candidate", author, fresh).set.candidate).toMatchObject({ id: "fresh", unknown: false });
  });
});

describe("a commit", () => {
  const generation = { kind: "generation", generation: 7 } as const;

  it("is guarded by the generation that was spent and by the status its event depends on, never by the whole item", () => {
    const late: Connection = { ...active, attempt: null };
    expect(commitOf(late, generation).guard).toEqual({ generation: 7, status: "active" });
  });

  it("that ends its own attempt is guarded by that too, so that it never ends another's", () => {
    expect(commitOf(active, generation).guard).toEqual({ generation: 7, status: "active", attemptId: "me" });
  });

  it("makes everything of a success durable at once", async () => {
    const before: Connection = {
      ...active,
      status: "degraded",
      reason: null,
      unknown: true,
      tries: 3,
      retry: { at: 1, code: "provider_unavailable" },
    };
    expect(await writtenOver(before, commitOf(before, generation))).toMatchObject({
      status: "active",
      generation: 8,
      tokens: sealed,
      issuedAt: tokens.issuedAt,
      expiresAt: tokens.expiresAt,
      committedBy: "me",
      attempt: null,
      unknown: false,
      tries: 0,
      retry: null,
      lastRefresh: { at: now, outcome: "succeeded", code: null },
      label: "Acme",
    });
  });

  it("owes the publication of its own generation and voids that of older ones", () => {
    const owed = { "publish-5": { kind: "publish", since: 1 }, "publish-7": { kind: "publish", since: 2 } } as const;
    const write = commitOf({ ...active, owed }, generation);
    expect(publishes(write)).toEqual(["publish-8"]);
    expect(write.settle).toEqual(["publish-5", "publish-7"]);
  });

  it("owes no publication where the provider is not published", () => {
    const unpublished: Connection = { ...active, secretName: null };
    expect(publishes(commitOf(unpublished, generation, { secretName: null }))).toEqual([]);
  });

  it("keeps what an unusable answer carried, and counts it as a failure", async () => {
    expect(await writtenOver(active, commitOf(active, generation, { usable: false }))).toMatchObject({
      status: "degraded",
      generation: 8,
      tokens: sealed,
      tries: 1,
      retry: { at: now + 1_000, code: "provider_unavailable" },
      lastRefresh: { outcome: "failed", code: "provider_unavailable" },
    });
  });

  it("keeps the status of a connection that is being revoked, and remembers that the successor has arrived", async () => {
    const consumed = { kind: "revoked-generation", generation: 7 } as const;
    const write = commitOf(revoking, consumed);
    expect(write.guard).toMatchObject({ generation: 8, status: "revoking", revokedGeneration: 7 });
    expect(await writtenOver(revoking, write)).toMatchObject({
      status: "revoking",
      generation: 9,
      revocation: { id: "operator", revokedGeneration: null },
    });
  });

  it("of a late refresher leaves the attempt of the revocation alone", async () => {
    const attempt = { id: "revoker", kind: "revocation", generation: 8, leaseUntil: now + 1, ended: false } as const;
    const connection: Connection = { ...revoking, attempt };
    const written = await writtenOver(connection, commitOf(connection, { kind: "revoked-generation", generation: 7 }));
    expect(written.attempt).toEqual(attempt);
  });

  it("of a late refresher leaves the attempt of another alone", async () => {
    const attempt = { id: "importer", kind: "candidate", generation: 7, leaseUntil: now + 1, ended: false } as const;
    const connection: Connection = { ...active, attempt, candidate };
    expect((await writtenOver(connection, commitOf(connection, generation))).attempt).toEqual(attempt);
  });

  it("of a code connects what was never there, and cancels candidate, attempt and revocation of what was", async () => {
    expect(commitOf(unwritten, code).guard).toEqual({ absent: true });
    const connection: Connection = { ...revoking, candidate };
    const write = commitOf(connection, code);
    expect(write.guard).toMatchObject({
      generation: 8,
      status: "revoking",
      notRevokedSince: now - 1_000,
      ticketHashNot: "ticket",
    });
    const store = { ...connection, revokedAt: now - 2_000 };
    expect(await writtenOver(store, commitOf(store, code))).toMatchObject({
      status: "active",
      generation: 9,
      attempt: null,
      candidate: null,
      revocation: null,
      revokedAt: now - 2_000,
    });
  });

  it("of a code is refused by the store where the ticket is older than the revocation", async () => {
    for (const revokedAt of [now - 1_000, now - 999]) {
      const connection = { ...revoking, revokedAt };
      await expect(writtenOver(connection, commitOf(connection, code))).rejects.toThrow(WriteConflict);
    }
  });

  it("of a code spends its ticket in the same write, and no refresh gives it back", async () => {
    const connected = await writtenOver(active, commitOf(active, code));
    expect(connected.ticketHash).toBe("ticket");
    await expect(writtenOver(connected, commitOf(connected, code))).rejects.toThrow(WriteConflict);
    const refreshed = await writtenOver(connected, commitOf(connected, { kind: "generation", generation: 8 }));
    expect(refreshed.ticketHash).toBe("ticket");
  });

  it("of a code keeps the label where the new one could not be learned", async () => {
    expect((await writtenOver(active, commitOf(active, { ...code, label: null }))).label).toBe("Acme");
  });

  it("of a candidate brings its origin and is guarded by its id", async () => {
    const connection: Connection = { ...active, candidate };
    const write = commitOf(connection, { kind: "candidate", candidate });
    expect(write.guard).toMatchObject({ generation: 7, candidateId: "candidate" });
    expect(await writtenOver(connection, write)).toMatchObject({ origin: "https://other.example", candidate: null });
  });
});

describe("what an attempt writes beside its commit", () => {
  it.each<[string, ConnectionWrite]>([
    ["condemning", condemn(active, "grant_rejected", author)],
    ["a backoff", backOff(active, failed, author)],
    ["a release", release(active, author)],
    ["a refused bearer", bearerRejected(active, failed, author)],
    ["the end of a candidate", endCandidate({ ...active, candidate }, null, author)],
    ["the last step of revoking", finishRevoking({ ...revoking, generation: 7 }, "revoked", author, false)],
  ])("is guarded by the generation and by its own id: %s", (_, { guard }) => {
    expect(guard).toMatchObject({ generation: 7, attemptId: "me" });
  });

  it("does not count the generation up when it condemns", async () => {
    expect(await writtenOver(active, condemn(active, "lost_rotation", author))).toMatchObject({
      status: "reauthorization_required",
      reason: "lost_rotation",
      generation: 7,
      tokens: active.tokens,
      attempt: { ended: true },
    });
  });

  it("degrades only what is active, and only for failures of the connection itself", () => {
    expect(backOff(active, failed, author).set.status).toBe("degraded");
    expect(backOff(active, { ...failed, degrades: false }, author).set.status).toBeUndefined();
    expect(backOff({ ...active, status: "reauthorization_required" }, failed, author).set.status).toBeUndefined();
  });

  it("keeps what is unknown unknown through failures with a known outcome", () => {
    expect(backOff({ ...active, unknown: true }, { ...failed, unknown: false }, author).set.unknown).toBe(true);
    expect(backOff(active, failed, author).set.unknown).toBe(true);
  });
});

describe("revoking", () => {
  it("begins whatever the lease, leaves it alone, and drops what was not accepted yet", async () => {
    const connection: Connection = { ...active, candidate, retry: { at: now + 9_000, code: "provider_unavailable" } };
    const write = beginRevoking(connection, author);
    expect(write.guard).toEqual({ generation: 7, status: "active" });
    expect(await writtenOver(connection, write)).toMatchObject({
      status: "revoking",
      generation: 8,
      revokedAt: now,
      revocation: { id: "me", revokedGeneration: 7, upstream: null },
      attempt: active.attempt,
      candidate: null,
      retry: null,
    });
    expect(publishes(write)).toEqual(["publish-8"]);
  });

  it("ends without tokens, and with the generation and the time of the revocation", async () => {
    expect(await writtenOver(revoking, finishRevoking(revoking, "already_invalid", author, false))).toMatchObject({
      status: "revoked",
      generation: 8,
      tokens: null,
      issuedAt: null,
      expiresAt: null,
      refreshAt: null,
      attempt: null,
      revokedAt: now - 10,
      revocation: { upstream: "already_invalid" },
    });
  });

  it("ends over any lease where nobody wants to wait", () => {
    expect(finishRevoking(revoking, "abandoned", author, true).guard).not.toHaveProperty("attemptId");
  });
});

describe("a restored table", () => {
  it("goes on above what was published", async () => {
    const write = raiseGeneration(active, 41, author);
    expect((await writtenOver(active, write)).generation).toBe(42);
    expect(publishes(write)).toEqual(["publish-42"]);
  });
});
