import fc from "fast-check";
import type { Connection } from "../../shared/broker/connection.ts";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import {
  type ConnectionStore,
  type ConnectionWrite,
  type Guard,
  WriteConflict,
} from "../../shared/broker/connection-store.ts";
import { emptyMembers, eventDebt, fullMembers, publishDebt } from "./sample-connections.ts";

/** One call of a connection store. `connection`: which of a few. */
export type StoreCall =
  | { readonly kind: "write"; readonly connection: number; readonly write: ConnectionWrite }
  | {
      readonly kind: "discharge";
      readonly connection: number;
      readonly input: Parameters<ConnectionStore["discharge"]>[1];
    };

type Members = ConnectionWrite["set"];

const connections = 3;

const debtIds = ["publish-1", "publish-2", "event-a.b-active", "event-c"] as const;
const someDebts = fc.subarray([...debtIds], { maxLength: 3 });

const attempt = fc.constantFrom(null, fullMembers.attempt, { ...fullMembers.attempt, id: "attempt-9", ended: true });
const candidate = fc.constantFrom(null, fullMembers.candidate);
const revocation = fc.constantFrom(null, fullMembers.revocation, {
  ...fullMembers.revocation,
  revokedGeneration: null,
});

const changes: fc.Arbitrary<Members> = fc
  .record(
    {
      status: fc.constantFrom("unconnected", "active", "degraded", "revoking", "revoked"),
      generation: fc.integer({ min: 0, max: 3 }),
      label: fc.constantFrom(null, "", "Empresa Ágil"),
      origin: fc.constantFrom("", "https://api.rd.services"),
      tokens: fc.constantFrom(null, fullMembers.tokens),
      expiresAt: fc.constantFrom(null, 0, 1_763_748_000_000),
      attempt,
      unknown: fc.boolean(),
      retry: fc.constantFrom(null, fullMembers.retry),
      lastRefresh: fc.constantFrom(null, fullMembers.lastRefresh, { at: 1, outcome: "succeeded", code: null } as const),
      candidate,
      ticketHash: fc.constantFrom(null, "ticket-1", "ticket-2"),
      revokedAt: fc.constantFrom(null, 5, 10),
      revocation,
    },
    { requiredKeys: [] },
  )
  .map((members): Members => members);

const guard: fc.Arbitrary<Guard> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Guard>({ absent: true }) },
  { weight: 3, arbitrary: fc.constant<Guard>({}) },
  {
    weight: 6,
    arbitrary: fc.record(
      {
        sequence: fc.integer({ min: 1, max: 6 }),
        generation: fc.integer({ min: 0, max: 3 }),
        status: fc.constantFrom("active", "degraded", "revoking"),
        attemptId: fc.constantFrom("attempt-2", "attempt-9"),
        candidateId: fc.constant("candidate-1"),
        revokedGeneration: fc.constant(3),
        notRevokedSince: fc.constantFrom(5, 6, 11),
        ticketHashNot: fc.constant("ticket-1"),
      },
      { requiredKeys: [] },
    ),
  },
);

const write: fc.Arbitrary<ConnectionWrite> = fc
  .record({ guard, set: changes, owe: someDebts, settle: someDebts, dueAt: fc.option(fc.nat(1_000), { nil: null }) })
  .map(({ guard, set, owe, settle, dueAt }) => ({
    guard,
    // What is written first names every member.
    set: guard.absent ? { ...emptyMembers(), ...set } : set,
    owe: Object.fromEntries(owe.map((debt) => [debt, debt.startsWith("event") ? eventDebt(debt) : publishDebt])),
    settle,
    dueAt,
  }));

const call: fc.Arbitrary<StoreCall> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("write"), connection: fc.nat(connections - 1), write }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("discharge"),
      connection: fc.nat(connections - 1),
      input: fc.record({
        sequence: fc.integer({ min: 1, max: 6 }),
        settle: someDebts,
        dueAt: fc.option(fc.nat(1_000), { nil: null }),
      }),
    }),
  },
);

/** Sequences of calls on a few connections. */
export const storeCalls: fc.Arbitrary<readonly StoreCall[]> = fc.array(call, { minLength: 5, maxLength: 25 });

/**
 * Makes the calls one after the other and tells all that can be seen of the store: what each call said, and what is
 * there afterwards.
 */
export async function observe(store: ConnectionStore, provider: string, calls: readonly StoreCall[]) {
  const idOf = (connection: number): ConnectionId => `${provider}/account-${connection}`;
  const answers: (Connection | boolean | "conflict")[] = [];
  for (const { connection, ...call } of calls) {
    const id = idOf(connection);
    const answer = call.kind === "write" ? store.write(id, call.write) : store.discharge(id, call.input);
    answers.push(
      await answer.catch((error: unknown) => {
        if (error instanceof WriteConflict) return "conflict";
        throw error;
      }),
    );
  }
  const ids = Array.from({ length: connections }, (_, connection) => idOf(connection));
  return {
    answers,
    stored: await Promise.all(ids.map((id) => store.read(id))),
    due: await store.due({ provider, now: 500, limit: 10 }),
    listed: await store.list({ provider, limit: 2, cursor: undefined }),
  };
}
