/** The part of dynalite 4 that is used here: its store. Its actions and validations are required by name. */
declare module "dynalite/db/index.js" {
  export type Item = Readonly<Record<string, unknown>>;

  export type Index = { readonly IndexName: string };

  export type Table = {
    readonly TableName: string;
    readonly TableStatus: "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";
    readonly LocalSecondaryIndexes?: readonly Index[];
    readonly GlobalSecondaryIndexes?: readonly (Index & { readonly IndexStatus: string })[];
  };

  type Callback<T = void> = (error: Error | null | undefined, value: T) => void;

  export type SubStore = {
    /** Runs `work` alone among those with the key; what `release` wraps ends it when called. */
    lock(key: string, work: (release: (done: () => void) => () => void) => void): void;
    get(key: string, done: Callback<unknown>): void;
    put(key: string, value: unknown, done: Callback): void;
    del(key: string, done: Callback): void;
  };

  export type Store = {
    readonly tableDb: SubStore;
    readonly db: {
      open(): Promise<void>;
      close(): Promise<void>;
      iterator(range: { readonly gte: string; readonly lt: string }): AsyncIterable<[key: string, value: unknown]>;
    };
    getItemDb(table: string): SubStore;
    deleteItemDb(table: string, done: Callback): void;
    getIndexDb(type: "Local" | "Global", table: string, index: string): SubStore;
    deleteIndexDb(type: "Local" | "Global", table: string, index: string, done: Callback): void;
    deleteTagDb(table: string, done: Callback): void;
  };

  const dynaliteDb: {
    /** `path` undefined keeps the store in memory. The delays are how long a table stays CREATING and so on. */
    create(options: {
      readonly path?: string | undefined;
      readonly createTableMs: number;
      readonly deleteTableMs: number;
      readonly updateTableMs: number;
    }): Store;
    createKey(item: Item, table: Table): string;
    /** The index entries that an item should have (`puts`), where there was no item before. */
    getIndexActions(
      indexes: readonly Index[],
      before: null,
      item: Item,
      table: Table,
    ): { readonly puts: readonly { readonly index: string; readonly key: string; readonly item: Item }[] };
  };
  export default dynaliteDb;
}
