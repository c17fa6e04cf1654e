import type { Log, LogFields } from "../../../shared/broker/ports.ts";

/** A log that keeps the fields of every line, of whatever level. */
export function recordingLog(): { readonly log: () => Log; readonly entries: LogFields[] } {
  const entries: LogFields[] = [];
  const write = (_message: string, fields: LogFields) => {
    entries.push(fields);
  };
  return { log: () => ({ debug: write, info: write, warn: write, error: write }), entries };
}
