import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import dynalite, { type Store, type Table } from "dynalite/db/index.js";

/** A part of the store of one table: its items, or the entries of one index. */
export type StorePart = "item" | { readonly index: string; readonly type: "Local" | "Global" };

/**
 * Opens dynalite's store and finishes what a killed process left half done to its tables.
 *
 * @param dataDirectory undefined keeps it in memory. Throws where another process has the directory open.
 */
export async function openDynamoStore(dataDirectory: string | undefined): Promise<Store> {
  const path = dataDirectory === undefined ? undefined : join(dataDirectory, "dynamodb");
  if (path !== undefined) mkdirSync(path, { recursive: true, mode: 0o700 });
  const store = dynalite.create({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  try {
    await store.db.open();
  } catch (error) {
    throw new Error(`The data directory ${dataDirectory} cannot be opened. Stop whatever else runs on it.`, {
      cause: error,
    });
  }
  for await (const [, value] of store.db.iterator({ gte: "table~", lt: "table~\xff" }))
    await finishTable(store, value as Table);
  return store;
}

/** @throws Error where another process has the data directory open: it must not be emptied under it */
export async function ensureUnused(dataDirectory: string): Promise<void> {
  if (existsSync(join(dataDirectory, "dynamodb"))) await (await openDynamoStore(dataDirectory)).db.close();
}

/** dynalite ends CREATING, UPDATING and DELETING by a timer, which dies with the process. */
async function finishTable(store: Store, table: Table): Promise<void> {
  const name = table.TableName;
  if (table.TableStatus === "ACTIVE") return;
  if (table.TableStatus === "DELETING") {
    await promisify(store.deleteItemDb)(name);
    await promisify(store.deleteTagDb)(name);
    for (const { type, index } of secondaryIndexes(table)) await promisify(store.deleteIndexDb)(type, name, index);
    await promisify(store.tableDb.del)(name);
    return;
  }
  const indexes = table.GlobalSecondaryIndexes?.map((index) => ({ ...index, IndexStatus: "ACTIVE" }));
  const active = { ...table, TableStatus: "ACTIVE", ...(indexes && { GlobalSecondaryIndexes: indexes }) };
  await promisify(store.tableDb.put)(name, active);
}

/** The secondary indexes of a table, local and global. */
export function secondaryIndexes(
  table: Table,
): readonly { readonly type: "Local" | "Global"; readonly index: string }[] {
  return [
    ...(table.LocalSecondaryIndexes ?? []).map(({ IndexName }) => ({ type: "Local" as const, index: IndexName })),
    ...(table.GlobalSecondaryIndexes ?? []).map(({ IndexName }) => ({ type: "Global" as const, index: IndexName })),
  ];
}

/** Reads all of one part of a table's store: keys as dynalite makes them, and values. */
export async function* storedEntries(
  store: Store,
  table: Table,
  part: StorePart,
): AsyncGenerator<{ readonly key: string; readonly value: unknown }> {
  const name =
    part === "item" ? `item-${table.TableName}~` : `index-${part.type.toLowerCase()}~${table.TableName}~${part.index}~`;
  for await (const [key, value] of store.db.iterator({ gte: name, lt: `${name}\xff` }))
    yield { key: key.slice(name.length), value };
}
