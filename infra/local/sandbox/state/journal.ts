import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** What a store writes down: the whole new value of one thing, so that replaying is putting. */
export type JournalRecord = { readonly kind: string; readonly [member: string]: unknown };

/** A store that lives in the journal. */
export type Participant = {
  /** Puts a record back. Ignores what is not its own or not readable. */
  restore(record: unknown): void;
  /** Everything worth keeping now. */
  snapshot(): Iterable<JournalRecord>;
};

export type Journal = {
  join(participant: Participant): void;
  /** Replays the file, rewrites it without what is outdated and opens it for appending. Call once, after all have joined. */
  open(): void;
  /** Writes records as one line: after a crash all of them are there, or none. Returns when a killed process cannot lose them. */
  append(records: readonly JournalRecord[]): void;
  /** Rewrites the file from the participants' snapshots. */
  compact(): void;
  close(): void;
};

/**
 * An append-only file of JSON lines.
 *
 * Lines reach the page cache before `append` returns (no fsync): they survive kill -9, not a power cut. A line that
 * cannot be read, such as the half one that a kill leaves at the end, is skipped.
 *
 * @param file undefined keeps everything in memory.
 * @param compactAtBytes the file is rewritten when it has grown by this much.
 */
export function createJournal(file: string | undefined, compactAtBytes = 64 * 1024 * 1024): Journal {
  const participants: Participant[] = [];
  let descriptor: number | undefined;
  let grown = 0;
  let torn = false;

  function replay(path: string): void {
    for (const line of linesOf(path)) {
      for (const record of recordsOf(line)) for (const participant of participants) participant.restore(record);
    }
  }

  function compact(): void {
    if (file === undefined) return;
    const temporary = `${file}.tmp`;
    const lines: string[] = [];
    for (const participant of participants) for (const record of participant.snapshot()) lines.push(lineOf([record]));
    writeFileSync(temporary, lines.join(""), { mode: 0o600 });
    renameSync(temporary, file);
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = openSync(file, "a", 0o600);
    grown = 0;
  }

  return {
    compact,
    join: (participant) => void participants.push(participant),
    open() {
      if (file === undefined) return;
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      rmSync(`${file}.tmp`, { force: true });
      replay(file);
      compact();
    },
    append(records) {
      if (descriptor === undefined) return;
      // Before the append: the participants do not know the new records yet, so a snapshot after it would lose them.
      if (grown > compactAtBytes) compact();
      // After a failed write the file may end in half a line; the next one must not continue it.
      const bytes = Buffer.from(torn ? `\n${lineOf(records)}` : lineOf(records));
      torn = true;
      let written = 0;
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
      torn = false;
      grown += bytes.length;
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

function lineOf(records: readonly JournalRecord[]): string {
  return `${JSON.stringify(records)}\n`;
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function recordsOf(line: string): readonly unknown[] {
  try {
    const records: unknown = JSON.parse(line);
    return Array.isArray(records) ? records : [];
  } catch {
    return [];
  }
}
