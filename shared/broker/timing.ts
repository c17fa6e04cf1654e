/**
 * Every clock of the refresh protocol, in milliseconds. They depend on each other: an attempt must be over before its
 * lease is, also when two machines disagree by a second about the time, and an invocation must outlive the attempt it began.
 */
export const timing = {
  /** Longest an attempt may take, from the moment its lease was computed to its last write. */
  attempt: 15_000,
  /** Life of a lease: the attempt, one second of clock skew, and one to spare. */
  lease: 17_000,
  /** An attempt that has not sent its refresh token by then gives up without spending it. */
  latestRedeem: 4_000,
  /** Where a replay may end the whole grant, a process whose lease is over has this much longer to come back. */
  standstill: 60_000,
  /** One answer of a token or revocation endpoint. */
  provider: 6_000,
  /** At least this long for the previous refresh token, tried after the current one was refused. */
  previousToken: 2_000,
  /** How long a commit is retried. */
  commit: 3_000,
  /** Best-effort question for the account's label. */
  label: 2_000,
  /** Longest a reader waits for somebody else's attempt, */
  wait: 5_000,
  /** and how often it looks: doubling from the first to the second. */
  waitFirst: 200,
  waitLongest: 1_000,
  /** What a commit owes is looked for again after this. */
  owedAfter: 60_000,
  /** An access token that authorizes a revocation must live this much longer, where its life is long enough for that. */
  liveMargin: 30_000,
  /** No second refresh of a rejected token that is younger than this. */
  rejectedAgain: 60_000,
  /** A candidate whose outcome stays unknown is given up after this. */
  candidate: 24 * 60 * 60_000,
  /** Where presenting a spent refresh token ends the whole grant, a candidate that may be spent is left alone for this long. */
  candidateReplay: 60 * 60_000,
  /** Whatever read a connection before it was revoked has ended after this: the longest invocation, 60 s, and clocks that disagree. */
  lastWriter: 75_000,
} as const;
