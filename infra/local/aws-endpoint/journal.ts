import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** What a service keeps across restarts: JSON lines, appended before the memory changes and before the answer. */
export type Journal<R> = {
  /**
   * Writes one record. When it returns, the record survives the death of the process (not of the machine: nothing is
   * flushed to the disk). Throws what the file system throws, and then the record is not in the journal.
   */
  readonly append: (record: R) => void;
  readonly close: () => void;
};

const smallestRewrite = 1024 * 1024;

/**
 * Opens a journal, replays what it holds and rewrites it to what is still needed.
 *
 * A last line without its end is a write that nobody was told about: it is dropped. A damaged line elsewhere is
 * skipped, and the file kept beside as `.damaged`.
 *
 * @param options.path undefined keeps nothing.
 * @param options.replay takes one record into memory.
 * @param options.snapshot gives the records that make today's memory.
 */
export function openJournal<R>(options: {
  readonly path: string | undefined;
  readonly replay: (record: R) => void;
  readonly snapshot: () => Iterable<R>;
}): Journal<R> {
  const { path } = options;
  if (path === undefined) return { append: () => {}, close: () => {} };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (existsSync(path)) replayFile(path, options.replay);

  let file = rewrite(path, options.snapshot());
  let rewriteAt = Math.max(smallestRewrite, 4 * file.size);

  return {
    append: (record) => {
      // Before the record is appended: the caller has not taken it into memory yet, so a snapshot would lose it.
      if (file.size > rewriteAt) {
        const rewritten = rewrite(path, options.snapshot());
        closeSync(file.descriptor);
        file = rewritten;
        rewriteAt = Math.max(smallestRewrite, 4 * file.size);
      }
      file = { ...file, size: appendLine(file, `${JSON.stringify(record)}\n`) };
    },
    close: () => closeSync(file.descriptor),
  };
}

type OpenFile = { readonly descriptor: number; readonly size: number };

function replayFile<R>(path: string, replay: (record: R) => void): void {
  const lines = readFileSync(path, "utf8").split("\n");
  lines.pop();
  let damaged = false;
  for (const line of lines) {
    try {
      replay(JSON.parse(line) as R);
    } catch {
      damaged = true;
    }
  }
  if (damaged) copyFileSync(path, `${path}.damaged`);
}

function rewrite(path: string, records: Iterable<unknown>): OpenFile {
  const next = `${path}.next`;
  rmSync(next, { force: true });
  const lines = Buffer.from([...records].map((record) => `${JSON.stringify(record)}\n`).join(""));
  writeFileSync(next, lines, { mode: 0o600 });
  renameSync(next, path);
  return { descriptor: openSync(path, "a", 0o600), size: lines.length };
}

function appendLine(file: OpenFile, line: string): number {
  const bytes = Buffer.from(line);
  try {
    for (let written = 0; written < bytes.length; )
      written += writeSync(file.descriptor, bytes, written, bytes.length - written);
  } catch (error) {
    // A torn line in the middle would take the next record with it.
    ftruncateSync(file.descriptor, file.size);
    throw error;
  }
  return file.size + bytes.length;
}
