import { shardOf } from "../../shared/aws/connection-item.ts";
import { usualShards } from "../../shared/aws/table-definition.ts";
import type { ConnectionStore } from "../../shared/broker/connection-store.ts";

/** A store in memory as one of several schedules has it: only what is in its own shards is due. */
export function memoryShare(store: ConnectionStore, ownShards: readonly number[]): ConnectionStore {
  return {
    ...store,
    async due({ limit, ...input }) {
      const all = await store.due({ ...input, limit: Number.POSITIVE_INFINITY });
      return all.filter((id) => ownShards.includes(shardOf(id, usualShards))).slice(0, limit);
    },
  };
}
