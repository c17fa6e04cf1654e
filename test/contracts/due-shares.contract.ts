import { beforeAll, describe, expect, it } from "vitest";
import type { ConnectionStore } from "../../shared/broker/connection-store.ts";
import { shardsOf } from "../../shared/runtime/schedule-share.ts";
import { firstWrite, numberedId } from "./sample-connections.ts";

/** A store, and the same as several schedules have it, each with its own shards of the due index. */
export type SharedStore = {
  readonly whole: ConnectionStore;
  readonly share: (ownShards: readonly number[]) => ConnectionStore;
};

/** What every connection store does for schedules that share the due index. */
export function dueSharesContract(name: string, create: () => Promise<SharedStore>): void {
  describe(`shares of the due index: ${name}`, () => {
    const provider = "shared";
    const ids = Array.from({ length: 24 }, (_, number) => numberedId(provider, number));
    const all = { provider, now: 100, limit: 100 };
    let stores: SharedStore;
    beforeAll(async () => {
      stores = await create();
      await Promise.all(ids.map((id, number) => stores.whole.write(id, firstWrite({ dueAt: number }))));
    });

    it.each([2, 3, 4])("give each of %i schedules its own connections, in key order", async (of) => {
      const shares = await Promise.all(
        Array.from({ length: of }, (_, share) => stores.share(shardsOf({ share, of })).due(all)),
      );
      for (const share of shares) {
        expect(share.length).toBeGreaterThan(0);
        expect(share).toEqual(ids.filter((id) => share.includes(id)));
      }
      expect(shares.flat().sort()).toEqual(ids);
    });

    it("take the earliest of their own up to the limit", async () => {
      const store = stores.share(shardsOf({ share: 1, of: 2 }));
      const due = await store.due(all);
      expect(await store.due({ ...all, limit: 3 })).toEqual(due.slice(0, 3));
    });

    it("make no difference to what is read", async () => {
      const store = stores.share(shardsOf({ share: 1, of: 2 }));
      for (const id of ids.slice(0, 4)) expect(await store.read(id)).toEqual(await stores.whole.read(id));
    });
  });
}
