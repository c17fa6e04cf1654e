import type { LogEntry } from "./log-entry.ts";

export type RequestLog = {
  add(entry: LogEntry): void;
  /** Changes an entry that is still kept; does nothing to one that is not. */
  change(number: number, change: Partial<LogEntry>): void;
  get(number: number): LogEntry | undefined;
  /** Ascending. */
  entries(): Iterable<LogEntry>;
  resize(capacity: number): void;
  clear(): void;
};

/**
 * The newest requests in a ring.
 *
 * @param capacity entries kept; the oldest is overwritten.
 */
export function createRequestLog(capacity: number): RequestLog {
  let ring: (LogEntry | undefined)[] = [];
  let size = capacity;
  let oldest = 1;
  let next = 1;

  function get(number: number): LogEntry | undefined {
    const entry = ring[number % size];
    return entry?.number === number ? entry : undefined;
  }

  function* entries(): Iterable<LogEntry> {
    for (let number = Math.max(oldest, next - size); number < next; number++) {
      const entry = get(number);
      if (entry !== undefined) yield entry;
    }
  }

  function add(entry: LogEntry): void {
    ring[entry.number % size] = entry;
    next = entry.number + 1;
  }

  return {
    add,
    get,
    entries,
    change(number, change) {
      const entry = get(number);
      if (entry !== undefined) ring[number % size] = { ...entry, ...change };
    },
    resize(newSize) {
      if (newSize === size) return;
      const kept = [...entries()].slice(-newSize);
      ring = [];
      size = newSize;
      for (const entry of kept) add(entry);
    },
    clear() {
      ring = [];
      oldest = next;
    },
  };
}
