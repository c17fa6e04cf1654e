import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const marker = ".chaveiro";

/**
 * Opens the directory in which everything local survives a restart, for its owner alone.
 *
 * @param fresh empties it first
 * @returns its absolute path, and whether it was empty
 * @throws Error where the directory holds something that is not ours: nothing in it is touched
 */
export function openDataDirectory(path: string, fresh: boolean): { readonly path: string; readonly isNew: boolean } {
  const directory = resolve(path);
  const isOurs = existsSync(join(directory, marker));
  if (!isOurs && existsSync(directory) && readdirSync(directory).length > 0) {
    throw new Error(
      `DATA_DIR ${directory} holds files that are not chaveiro's. Name an empty directory, or one that does not exist yet.`,
    );
  }
  if (fresh && isOurs) rmSync(directory, { recursive: true });
  const isNew = !existsSync(join(directory, marker));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(directory, marker),
    "Written by chaveiro's npm start; `npm start -- --fresh` empties this directory.\n",
  );
  return { path: directory, isNew };
}
