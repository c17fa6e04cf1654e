/** What becomes of one call. Whatever is not `ok` is a fault. */
export type Fate =
  | "ok"
  /** Nothing was done, and the caller is told so. */
  | "fails"
  /** It was done, and the caller is told that it failed. */
  | "reply lost"
  /** The caller's process dies, the call undone or done. */
  | "crash before"
  | "crash after"
  /** The caller's process stands still until its lease is over, and goes on then. */
  | "freeze before"
  | "freeze after"
  | HttpFate;

/** What else can become of a request to the provider. */
export type HttpFate =
  /** The connection broke before the provider had acted: the caller cannot know. */
  | "reset"
  /** 502 with a page, and nothing done. */
  | "gateway page"
  /** 429, and nothing done. */
  | "limited"
  /** Our client credentials are refused, and nothing done. */
  | "wrong client"
  /** Done, and answered with a 200 that nobody can read. */
  | "unreadable";

const freezes: readonly Fate[] = ["freeze before", "freeze after"];

/** The faults of each sort of call. */
export const faultsOf = {
  read: ["fails", "crash before", "freeze before"],
  write: ["fails", "reply lost", "crash before", "crash after", ...freezes],
  /** A write whose order among the calls of others means nothing. */
  unseen: ["fails", "reply lost", "crash before", "crash after", ...freezes],
  tokenRequest: [
    "fails",
    "reset",
    "reply lost",
    "gateway page",
    "limited",
    "wrong client",
    "unreadable",
    "crash before",
    "crash after",
    ...freezes,
  ],
  revocationRequest: ["fails", "reset", "reply lost", "gateway page", "crash before", "crash after", ...freezes],
  /** Changes nothing that others could see. */
  local: ["fails"],
} as const satisfies Record<string, readonly Fate[]>;

export function isFreeze(fate: Fate): boolean {
  return freezes.includes(fate);
}
