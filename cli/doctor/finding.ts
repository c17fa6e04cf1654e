/** What one look at the broker has shown. */
export type Finding = {
  readonly check: string;
  readonly verdict: "ok" | "warning" | "problem" | "skipped";
  /** What was found, as a sentence. */
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
};

/** Finds out one thing. What it throws is a problem of its own. */
export type Check = {
  readonly name: string;
  /** The check without whose success this one could only find the same problem again. */
  readonly needs?: string;
  readonly run: () => Promise<readonly Omit<Finding, "check">[]>;
};
