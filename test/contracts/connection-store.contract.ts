import { beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../shared/broker/connection.ts";
import type { ConnectionId } from "../../shared/broker/connection-id.ts";
import { type ConnectionStore, type Guard, WriteConflict } from "../../shared/broker/connection-store.ts";
import {
  emptyMembers,
  eventDebt,
  firstWrite,
  fullMembers,
  idsOf,
  numberedId,
  publishDebt,
  writeOf,
} from "./sample-connections.ts";

/**
 * What every connection store does. `create` is called once; every test works on ids or a provider of its own.
 *
 * @param options.racy the implementation below is known to break its word on conditional writes at the same time
 */
export function connectionStoreContract(
  name: string,
  create: () => Promise<ConnectionStore>,
  options: { readonly racy?: boolean } = {},
): void {
  describe(`connection store: ${name}`, () => {
    let store: ConnectionStore;
    let tests = 0;
    const freshId = (): ConnectionId => `rd-station/test-${++tests}`;
    const freshProvider = (): string => `provider-${++tests}`;
    beforeAll(async () => {
      store = await create();
    });

    /** Stores every member filled, with two debts. */
    const storeFull = async (id: ConnectionId): Promise<Connection> =>
      store.write(
        id,
        firstWrite({ set: fullMembers, owe: { "publish-4": publishDebt, "event-a": eventDebt("a") }, dueAt: 1_900 }),
      );

    describe("what was never connected", () => {
      const unconnected = firstWrite({ set: { ...emptyMembers(), status: "unconnected" }, dueAt: 5 });

      it("is removed, and nothing is left of it", async () => {
        const id = freshId();
        const { sequence } = await store.write(id, unconnected);
        expect(await store.removeUnconnected(id, sequence)).toBe(true);
        expect(await store.read(id)).toBeUndefined();
        expect(await store.removeUnconnected(id, sequence)).toBe(false);
      });

      it("stays where somebody wrote in between", async () => {
        const id = freshId();
        const { sequence } = await store.write(id, unconnected);
        const changed = await store.write(id, writeOf({ set: { label: "kept" } }));
        expect(await store.removeUnconnected(id, sequence)).toBe(false);
        expect(await store.read(id)).toEqual(changed);
      });

      it("is never taken for a connection", async () => {
        const id = freshId();
        const connection = await storeFull(id);
        expect(await store.removeUnconnected(id, connection.sequence)).toBe(false);
        expect(await store.read(id)).toEqual(connection);
      });
    });

    describe("read and first write", () => {
      it("finds nothing where nothing is stored", async () => {
        expect(await store.read(freshId())).toBeUndefined();
      });

      it("stores and returns a connection with every member filled", async () => {
        const id = freshId();
        const owed = { "publish-4": publishDebt, "event-a": eventDebt("a") };
        const expected = { ...fullMembers, id, sequence: 1, owed };
        expect(await storeFull(id)).toEqual(expected);
        expect(await store.read(id)).toEqual(expected);
      });

      it("stores and returns a connection with every member empty", async () => {
        const id = freshId();
        const expected = { ...emptyMembers(), id, sequence: 1, owed: {} };
        expect(await store.write(id, firstWrite())).toEqual(expected);
        expect(await store.read(id)).toEqual(expected);
      });

      it("keeps nulls, zeros, false and empty text inside members apart", async () => {
        const id = freshId();
        const set = {
          label: "",
          tries: 0,
          issuedAt: 0,
          lastRefresh: { at: 0, outcome: "succeeded", code: null },
          revocation: { id: "r", revokedGeneration: null, upstream: null, actor: "schedule" },
        } as const;
        await store.write(id, firstWrite({ set }));
        expect(await store.read(id)).toMatchObject(set);
      });

      it("leaves the given objects alone and is not changed through the returned ones", async () => {
        const id = freshId();
        const written = await storeFull(id);
        // A store may give out what cannot be changed: then these do nothing.
        Reflect.set(written, "generation", 99);
        Reflect.set(written.owed, "publish-4", undefined);
        expect(await store.read(id)).toMatchObject({ generation: 4, owed: { "publish-4": publishDebt } });
      });
    });

    describe("guards", () => {
      const holding: readonly (readonly [clause: string, guard: Guard])[] = [
        ["nothing", {}],
        ["sequence", { sequence: 1 }],
        ["generation", { generation: 4 }],
        ["status", { status: "active" }],
        ["attemptId", { attemptId: "attempt-2" }],
        ["candidateId", { candidateId: "candidate-1" }],
        ["revokedGeneration", { revokedGeneration: 3 }],
        ["notRevokedSince", { notRevokedSince: 501 }],
        ["ticketHashNot", { ticketHashNot: "ticket-2" }],
      ];
      const broken: readonly (readonly [clause: string, guard: Guard])[] = [
        ["absent", { absent: true }],
        ["sequence, newer", { sequence: 0 }],
        ["sequence, older", { sequence: 2 }],
        ["generation, newer", { generation: 3 }],
        ["generation, older", { generation: 5 }],
        ["status", { status: "degraded" }],
        ["attemptId", { attemptId: "attempt-1" }],
        ["candidateId", { candidateId: "candidate-2" }],
        ["revokedGeneration", { revokedGeneration: 4 }],
        ["notRevokedSince, revoked later", { notRevokedSince: 499 }],
        ["notRevokedSince, revoked in the same millisecond", { notRevokedSince: 500 }],
        ["ticketHashNot", { ticketHashNot: "ticket-1" }],
      ];
      const everything: Guard = Object.assign({}, ...holding.map(([, guard]) => guard));

      it.each(holding)("writes where it holds: %s", async (_clause, guard) => {
        const id = freshId();
        await storeFull(id);
        const write = writeOf({ guard, set: { label: "new" } });
        expect(await store.write(id, write)).toMatchObject({ label: "new", sequence: 2 });
      });

      it.each(broken)("refuses and leaves all as it was where it does not hold: %s", async (_clause, guard) => {
        const id = freshId();
        const before = await storeFull(id);
        const set = { ...emptyMembers(), label: "new" };
        const write = writeOf({ guard, set, owe: { more: publishDebt }, settle: ["publish-4"], dueAt: 7 });
        await expect(store.write(id, write)).rejects.toThrow(WriteConflict);
        expect(await store.read(id)).toEqual(before);
      });

      it("writes where all clauses hold together", async () => {
        const id = freshId();
        await storeFull(id);
        const write = writeOf({ guard: everything, set: { label: "new" } });
        expect(await store.write(id, write)).toMatchObject({ label: "new", sequence: 2 });
      });

      it.each(broken)("refuses where one of all clauses does not hold: %s", async (_clause, guard) => {
        const id = freshId();
        const before = await storeFull(id);
        const write = writeOf({ guard: { ...everything, ...guard }, set: { label: "new" } });
        await expect(store.write(id, write)).rejects.toThrow(WriteConflict);
        expect(await store.read(id)).toEqual(before);
      });

      it.each([
        ["an attempt", { attemptId: "attempt-2" }],
        ["a candidate", { candidateId: "candidate-1" }],
        ["a revocation", { revokedGeneration: 3 }],
      ] as const)("refuses a clause about %s that is not there", async (_what, guard) => {
        const id = freshId();
        await store.write(id, firstWrite());
        await expect(store.write(id, writeOf({ guard }))).rejects.toThrow(WriteConflict);
      });

      it("refuses revokedGeneration where its successor was stored already", async () => {
        const id = freshId();
        const revocation = { id: "r", revokedGeneration: null, upstream: null, actor: "schedule" };
        await store.write(id, firstWrite({ set: { revocation } }));
        await expect(store.write(id, writeOf({ guard: { revokedGeneration: 3 } }))).rejects.toThrow(WriteConflict);
      });

      it("counts a connection that was never revoked as not revoked since", async () => {
        const id = freshId();
        await store.write(id, firstWrite());
        expect(await store.write(id, writeOf({ guard: { notRevokedSince: 0 } }))).toMatchObject({ sequence: 2 });
      });

      it("counts a connection that was never authorized as authorized with no ticket", async () => {
        const id = freshId();
        await store.write(id, firstWrite());
        expect(await store.write(id, writeOf({ guard: { ticketHashNot: "ticket-1" } }))).toMatchObject({ sequence: 2 });
      });

      it.each([...holding, ["all", everything] as const])(
        "refuses to make a connection of nothing: %s",
        async (_clause, guard) => {
          const id = freshId();
          const write = writeOf({ guard, set: { ...emptyMembers() } });
          await expect(store.write(id, write)).rejects.toThrow(WriteConflict);
          expect(await store.read(id)).toBeUndefined();
        },
      );

      it("refuses absent together with a clause about what is there", async () => {
        const id = freshId();
        await expect(store.write(id, firstWrite({ guard: { generation: 0 } }))).rejects.toThrow(WriteConflict);
        expect(await store.read(id)).toBeUndefined();
      });

      it.skipIf(options.racy)("lets one of many win that rest on the same sequence", async () => {
        const id = freshId();
        await store.write(id, firstWrite());
        const writes = Array.from({ length: 8 }, (_, writer) =>
          store.write(id, writeOf({ guard: { sequence: 1 }, set: { label: `writer ${writer}` } })),
        );
        const results = await Promise.allSettled(writes);
        const won = results.filter((result) => result.status === "fulfilled");
        expect(won).toHaveLength(1);
        expect(await store.read(id)).toEqual(won[0]?.value);
      });

      it.skipIf(options.racy)("lets one of many win that find nothing", async () => {
        const id = freshId();
        const writes = Array.from({ length: 8 }, (_, writer) =>
          store.write(id, firstWrite({ set: { label: `writer ${writer}` } })),
        );
        const results = await Promise.allSettled(writes);
        expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
        expect(await store.read(id)).toMatchObject({ sequence: 1 });
      });
    });

    describe("changes", () => {
      it("keeps what is not named", async () => {
        const id = freshId();
        const before = await storeFull(id);
        await store.write(id, writeOf({ set: { label: "new", tries: 0 } }));
        expect(await store.read(id)).toEqual({ ...before, label: "new", tries: 0, sequence: 2 });
      });

      it("removes what is set to null", async () => {
        const id = freshId();
        await storeFull(id);
        const nulls = Object.fromEntries(Object.entries(emptyMembers()).filter(([, value]) => value === null));
        const after = await store.write(id, writeOf({ set: nulls }));
        expect(after).toMatchObject(nulls);
        expect(await store.read(id)).toEqual(after);
      });

      it("replaces a member as a whole", async () => {
        const id = freshId();
        await storeFull(id);
        const lastRefresh = { at: 9, outcome: "succeeded", code: null } as const;
        expect(await store.write(id, writeOf({ set: { lastRefresh } }))).toMatchObject({ lastRefresh });
      });

      it("counts every write, also one that changes nothing", async () => {
        const id = freshId();
        await store.write(id, firstWrite());
        await store.write(id, writeOf({}));
        expect(await store.write(id, writeOf({}))).toMatchObject({ sequence: 3 });
      });
    });

    describe("debts", () => {
      it("adds and removes single ones and keeps the others", async () => {
        const id = freshId();
        await storeFull(id);
        const after = await store.write(id, writeOf({ owe: { "publish-5": publishDebt }, settle: ["publish-4"] }));
        expect(after.owed).toEqual({ "publish-5": publishDebt, "event-a": eventDebt("a") });
        expect(await store.read(id)).toEqual(after);
      });

      it("takes ids with every character that an id can have", async () => {
        const id = freshId();
        const odd = `event-${"0123456789abcdef".repeat(4)}.4f2c#a/b:c d-active`;
        await store.write(id, firstWrite());
        expect((await store.write(id, writeOf({ owe: { [odd]: eventDebt("odd") } }))).owed).toEqual({
          [odd]: eventDebt("odd"),
        });
        expect((await store.write(id, writeOf({ settle: [odd] }))).owed).toEqual({});
      });

      it("does not mind settling what is not owed", async () => {
        const id = freshId();
        await storeFull(id);
        const after = await store.write(id, writeOf({ settle: ["publish-1", "event-a"] }));
        expect(after.owed).toEqual({ "publish-4": publishDebt });
      });

      it("settles rather than owes where a write says both", async () => {
        const id = freshId();
        const both = { owe: { both: publishDebt, other: publishDebt }, settle: ["both"] };
        expect((await store.write(id, firstWrite(both))).owed).toEqual({ other: publishDebt });
        expect((await store.write(id, writeOf(both))).owed).toEqual({ other: publishDebt });
      });

      it.skipIf(options.racy)("keeps the debts of all who write at the same time", async () => {
        const id = freshId();
        await storeFull(id);
        const writers = Array.from({ length: 8 }, (_, writer) => `event-${writer}`);
        await Promise.all(
          writers.map((debt) => store.write(id, writeOf({ owe: { [debt]: eventDebt(debt) }, settle: ["publish-4"] }))),
        );
        const found = await store.read(id);
        expect(Object.keys(found?.owed ?? {}).sort()).toEqual([...writers, "event-a"].sort());
        expect(found?.sequence).toBe(9);
      });
    });

    describe("discharge", () => {
      it("removes exactly what is done, and does not count", async () => {
        const id = freshId();
        const before = await storeFull(id);
        expect(await store.discharge(id, { sequence: 1, settle: ["publish-4"], dueAt: 5 })).toBe(true);
        expect(await store.read(id)).toEqual({ ...before, owed: { "event-a": eventDebt("a") } });
        expect(await store.discharge(id, { sequence: 1, settle: ["publish-4", "event-a"], dueAt: 5 })).toBe(true);
        expect(await store.read(id)).toEqual({ ...before, owed: {} });
      });

      it("refuses and leaves all as it was where somebody wrote in between", async () => {
        const id = freshId();
        await storeFull(id);
        const written = await store.write(id, writeOf({ dueAt: 1 }));
        expect(await store.discharge(id, { sequence: 1, settle: ["publish-4"], dueAt: null })).toBe(false);
        expect(await store.read(id)).toEqual(written);
      });

      it("refuses where nothing is stored, and makes nothing", async () => {
        const id = freshId();
        expect(await store.discharge(id, { sequence: 0, settle: ["publish-4"], dueAt: 5 })).toBe(false);
        expect(await store.read(id)).toBeUndefined();
      });

      it("lets a write that rests on the same sequence through", async () => {
        const id = freshId();
        await storeFull(id);
        await store.discharge(id, { sequence: 1, settle: ["publish-4"], dueAt: 5 });
        expect(await store.write(id, writeOf({ guard: { sequence: 1 } }))).toMatchObject({ sequence: 2 });
      });
    });

    describe("due", () => {
      const storeDue = async (provider: string, times: readonly (number | null)[]): Promise<void> => {
        await Promise.all(
          times.map((dueAt, number) => store.write(numberedId(provider, number), firstWrite({ dueAt }))),
        );
      };

      it("finds what has been reached, in key order, and nothing else", async () => {
        const provider = freshProvider();
        await storeDue(provider, [300, 100, null, 200, 401, 400]);
        await storeDue(freshProvider(), [50]);
        const expected = [1, 3, 0, 5].map((number) => numberedId(provider, number));
        expect(await store.due({ provider, now: 400, limit: 10 })).toEqual(expected);
      });

      it("takes the earliest of all up to the limit", async () => {
        const provider = freshProvider();
        // 7 and 40 have no common divisor: every time from 0 to 39 once, in another order.
        await storeDue(
          provider,
          Array.from({ length: 40 }, (_, number) => (number * 7) % 40),
        );
        const due = await store.due({ provider, now: 1_000, limit: 13 });
        const times = due.map((id) => (Number(id.slice(-4)) * 7) % 40);
        expect(times).toEqual(Array.from({ length: 13 }, (_, time) => time));
      });

      it("follows every write and discharge", async () => {
        const provider = freshProvider();
        const id = numberedId(provider, 0);
        const due = () => store.due({ provider, now: 1_000, limit: 10 });
        await store.write(id, firstWrite({ owe: { debt: publishDebt }, dueAt: 2_000 }));
        expect(await due()).toEqual([]);
        await store.write(id, writeOf({ dueAt: 1_000 }));
        expect(await due()).toEqual([id]);
        await store.discharge(id, { sequence: 2, settle: ["debt"], dueAt: 1_001 });
        expect(await due()).toEqual([]);
        await store.discharge(id, { sequence: 2, settle: [], dueAt: 999 });
        expect(await due()).toEqual([id]);
        await store.discharge(id, { sequence: 2, settle: [], dueAt: null });
        expect(await due()).toEqual([]);
      });

      it("does not follow a write that was refused", async () => {
        const provider = freshProvider();
        const id = numberedId(provider, 0);
        await store.write(id, firstWrite({ dueAt: 100 }));
        await expect(store.write(id, writeOf({ guard: { sequence: 7 }, dueAt: null }))).rejects.toThrow(WriteConflict);
        expect(await store.due({ provider, now: 100, limit: 1 })).toEqual([id]);
      });
    });

    describe("list", () => {
      const storeListed = async (provider: string, count: number): Promise<readonly ConnectionId[]> => {
        const ids = Array.from({ length: count }, (_, number) => numberedId(provider, number));
        await Promise.all(ids.map((id) => store.write(id, firstWrite({ set: { status: "active" } }))));
        return ids;
      };
      const listAll = async (provider: string, limit: number): Promise<readonly (readonly ConnectionId[])[]> => {
        const pages: (readonly ConnectionId[])[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.list({ provider, limit, cursor });
          pages.push(idsOf(page.connections));
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        return pages;
      };

      it("is empty where nothing is stored", async () => {
        const page = await store.list({ provider: freshProvider(), limit: 10, cursor: undefined });
        expect(page).toEqual({ connections: [], nextCursor: null });
      });

      it("gives whole connections as they are now", async () => {
        const provider = freshProvider();
        const id = numberedId(provider, 0);
        await store.write(id, firstWrite({ set: fullMembers, owe: { debt: publishDebt } }));
        await store.write(id, writeOf({ set: { label: "new" } }));
        const page = await store.list({ provider, limit: 10, cursor: undefined });
        expect(page).toEqual({ connections: [await store.read(id)], nextCursor: null });
      });

      it("pages in order of account, each connection once", async () => {
        const provider = freshProvider();
        await storeListed(freshProvider(), 3);
        const ids = await storeListed(provider, 7);
        expect(await listAll(provider, 3)).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)]);
      });

      it("knows that a full page is the last", async () => {
        const provider = freshProvider();
        const ids = await storeListed(provider, 4);
        expect(await listAll(provider, 4)).toEqual([ids]);
        expect(await listAll(provider, 2)).toEqual([ids.slice(0, 2), ids.slice(2)]);
      });

      it("gives a hundred at a time", async () => {
        const provider = freshProvider();
        const ids = await storeListed(provider, 103);
        expect(await listAll(provider, 100)).toEqual([ids.slice(0, 100), ids.slice(100)]);
      });

      it("orders accounts by their bytes", async () => {
        const provider = freshProvider();
        const accounts = ["B", "a", "a.b", "a-b", "A", "a_b", "0"];
        await Promise.all(
          accounts.map((account) => store.write(`${provider}/${account}`, firstWrite({ set: { status: "revoked" } }))),
        );
        const expected = ["0", "A", "B", "a", "a-b", "a.b", "a_b"].map((account) => `${provider}/${account}`);
        expect(await listAll(provider, 2)).toEqual([
          expected.slice(0, 2),
          expected.slice(2, 4),
          expected.slice(4, 6),
          expected.slice(6),
        ]);
      });

      it("leaves out what has never been connected, until it is", async () => {
        const provider = freshProvider();
        const ids = [0, 1, 2].map((number) => numberedId(provider, number));
        await Promise.all(ids.map((id) => store.write(id, firstWrite())));
        expect(await listAll(provider, 10)).toEqual([[]]);
        await store.write(numberedId(provider, 1), writeOf({ set: { status: "active" } }));
        await store.write(numberedId(provider, 1), writeOf({ set: { label: "a later write without a status" } }));
        expect(await listAll(provider, 10)).toEqual([[ids[1]]]);
      });

      it("leaves no gap where one is no longer connected", async () => {
        const provider = freshProvider();
        const ids = await storeListed(provider, 3);
        await store.write(numberedId(provider, 0), writeOf({ set: { status: "unconnected" } }));
        expect(await listAll(provider, 2)).toEqual([ids.slice(1)]);
      });

      it.each(["active", "degraded", "reauthorization_required", "revoking", "revoked"] as const)(
        "includes %s",
        async (status) => {
          const provider = freshProvider();
          await store.write(numberedId(provider, 0), firstWrite({ set: { status } }));
          expect((await store.list({ provider, limit: 1, cursor: undefined })).connections).toMatchObject([{ status }]);
        },
      );

      it("goes on after a cursor whose connection was not there when it was made", async () => {
        const provider = freshProvider();
        const ids = await storeListed(provider, 3);
        const { nextCursor } = await store.list({ provider, limit: 1, cursor: undefined });
        const between = `${provider}/account-0000a` as const;
        await store.write(between, firstWrite({ set: { status: "active" } }));
        const page = await store.list({ provider, limit: 9, cursor: nextCursor ?? undefined });
        expect(idsOf(page.connections)).toEqual([between, ...ids.slice(1)]);
      });

      it.each(["", "*", "not a cursor", "YQ==", "YR", "_w", "Ly4u", "YWNtZS8uLg", "a".repeat(2_000)])(
        "refuses a cursor that it has not made: %s",
        async (cursor) => {
          const list = store.list({ provider: freshProvider(), limit: 1, cursor });
          await expect(list).rejects.toMatchObject({ name: "BrokerError", code: "invalid_request" });
        },
      );
    });
  });
}
