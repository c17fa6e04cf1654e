import { isDeepStrictEqual, promisify } from "node:util";
import dynalite, { type Item, type Store, type Table } from "dynalite/db/index.js";
import { secondaryIndexes, storedEntries } from "./dynamodb-store.ts";

type IndexPlace = ReturnType<typeof secondaryIndexes>[number];

/**
 * Compares every secondary index of a table with the items and mends the index.
 *
 * dynalite writes an item's index entries first and the item after them, each on its own, so a process that dies in
 * between leaves entries of a state that the item never reached, and lacks those of the state it is in. An entry is a
 * copy of the item's projected attributes under a key made of them, so entries can be put and deleted without
 * touching the item, under the lock that every write of that item takes.
 *
 * @returns how many entries were put, replaced or deleted; undefined where there is no such table.
 */
export async function repairTableIndexes(store: Store, tableName: string): Promise<number | undefined> {
  const table = (await promisify(store.tableDb.get)(tableName)) as Table | undefined;
  if (table === undefined) return undefined;
  let repaired = 0;
  for (const place of secondaryIndexes(table)) repaired += await repairIndex(store, table, place);
  return repaired;
}

async function repairIndex(store: Store, table: Table, place: IndexPlace): Promise<number> {
  const suspects = new Map<string, Set<string>>();
  const suspect = (itemKey: string, entryKey: string): void => {
    suspects.set(itemKey, (suspects.get(itemKey) ?? new Set()).add(entryKey));
  };
  const entries = new Map<string, Item>();
  for await (const { key, value } of storedEntries(store, table, place)) entries.set(key, value as Item);
  for await (const { key, value } of storedEntries(store, table, "item")) {
    const wanted = wantedEntry(table, place, value as Item);
    if (wanted === undefined) continue;
    if (!isDeepStrictEqual(entries.get(wanted.key), wanted.item)) suspect(key, wanted.key);
    entries.delete(wanted.key);
  }
  for (const [key, entry] of entries) suspect(dynalite.createKey(entry, table), key);

  let repaired = 0;
  for (const [itemKey, entryKeys] of suspects) repaired += await repairItem(store, table, place, itemKey, entryKeys);
  return repaired;
}

/** Decides again under the item's lock, for the item may have been written since it was read. */
async function repairItem(
  store: Store,
  table: Table,
  place: IndexPlace,
  itemKey: string,
  entryKeys: ReadonlySet<string>,
): Promise<number> {
  const items = store.getItemDb(table.TableName);
  const index = store.getIndexDb(place.type, table.TableName, place.index);
  const release = await new Promise<() => void>((locked) => {
    items.lock(itemKey, (wrap) => locked(wrap(() => {})));
  });
  try {
    const item = (await promisify(items.get)(itemKey)) as Item | undefined;
    const wanted = item && wantedEntry(table, place, item);
    let repaired = 0;
    for (const key of entryKeys) {
      const entry = await promisify(index.get)(key);
      if (isDeepStrictEqual(entry, key === wanted?.key ? wanted.item : undefined)) continue;
      if (wanted !== undefined && key === wanted.key) await promisify(index.put)(key, wanted.item);
      else await promisify(index.del)(key);
      repaired++;
    }
    return repaired;
  } finally {
    release();
  }
}

function wantedEntry(
  table: Table,
  { type, index }: IndexPlace,
  item: Item,
): { readonly key: string; readonly item: Item } | undefined {
  const indexes = table[`${type}SecondaryIndexes`]?.filter(({ IndexName }) => IndexName === index) ?? [];
  const put = dynalite.getIndexActions(indexes, null, item, table).puts[0];
  // As it is stored: through JSON, which drops attributes that the item does not have.
  return put && { key: put.key, item: JSON.parse(JSON.stringify(put.item)) as Item };
}
