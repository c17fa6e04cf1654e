export type Observations = {
  /**
   * Has a look at a generation and compares it with what had been seen before the look began.
   * @param look gives undefined where there was nothing to see
   */
  generation(kind: "stored" | "published", account: string, look: () => Promise<number | undefined>): Promise<void>;
  /** Notes something that must not be. */
  wrong(what: string): void;
  /** Counts an answer of the broker, by its code. */
  answered(code: string): void;
  /** Everything that was wrong so far. */
  readonly all: readonly string[];
  readonly answers: Readonly<Record<string, number>>;
};

/** Remembers the highest generations that anybody has seen, so that nothing can go back unnoticed. */
export function observations(): Observations {
  const seen = { stored: new Map<string, number>(), published: new Map<string, number>() };
  const all: string[] = [];
  const answers: Record<string, number> = {};

  /** What is published was stored before. */
  const floor = (kind: "stored" | "published", account: string) =>
    Math.max(seen.published.get(account) ?? 0, kind === "stored" ? (seen.stored.get(account) ?? 0) : 0);

  return {
    all,
    answers,
    wrong: (what) => {
      all.push(what);
    },
    answered: (code) => {
      answers[code] = (answers[code] ?? 0) + 1;
    },
    async generation(kind, account, look) {
      const least = floor(kind, account);
      const found = await look();
      if (found === undefined && kind === "published" && least > 0) all.push(`${account}: is not published any more`);
      if (found === undefined) return;
      if (found < least) all.push(`${account}: generation ${found} ${kind} after ${least} was seen`);
      seen[kind].set(account, Math.max(found, seen[kind].get(account) ?? 0));
    },
  };
}
