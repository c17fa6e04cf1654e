/** What a subject can be told to do. Each is answered with a number. */
export type SubjectTask =
  /** Reads each connection once, some at a time. Answers how many there were. */
  | { readonly kind: "read-all"; readonly connections: readonly string[] }
  /** Reads them in turn, one after the other, for some milliseconds. Answers nanoseconds per read. */
  | { readonly kind: "time"; readonly connections: readonly string[] }
  /** Reads one connection for many callers at once. Answers the milliseconds until the last has it. */
  | { readonly kind: "at-once"; readonly connection: string; readonly callers: number }
  /** Answers the bytes that are in use, when what is not needed has been collected. */
  | { readonly kind: "heap" };

/** The first answer is the milliseconds that importing the candidate took. */
export type SubjectAnswer = { readonly value: number } | { readonly error: string };
