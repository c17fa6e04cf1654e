export type RedemptionTotals = {
  /** Requests that presented a refresh token of a known grant. */
  readonly presented: number;
  /** Of those, the ones that redeemed it. */
  readonly redeemed: number;
  /** Of those, the ones that began while another request with the same refresh token was open. */
  readonly overlapping: number;
  /** The most requests open at once with one refresh token; 1 where nothing ever overlapped. */
  readonly maximumOverlap: number;
  /** Began while an earlier request with the same refresh token, its client gone, had not been processed yet. */
  readonly behindAbandoned: number;
  /** Presented a refresh token that had been replaced or whose grant had ended. */
  readonly deadPresented: number;
};

export type Redemption = {
  readonly grant: string;
  readonly presentedHash: string;
  readonly startOrder: number;
};

export type RedemptionWitness = {
  began(redemption: Redemption): void;
  redeemed(redemption: Redemption): void;
  deadPresented(redemption: Redemption): void;
  /** `unprocessed`: the client hung up before the request had its effect. */
  ended(redemption: Redemption, endOrder: number, unprocessed: boolean): void;
  /** An abandoned request has had its effect, or never will. */
  settledAbandoned(redemption: Redemption): void;
  totals(): RedemptionTotals;
  totalsOfGrants(): ReadonlyMap<string, RedemptionTotals>;
  clear(): void;
};

const none: RedemptionTotals = {
  presented: 0,
  redeemed: 0,
  overlapping: 0,
  maximumOverlap: 0,
  behindAbandoned: 0,
  deadPresented: 0,
};
const endsRemembered = 10_000;

/** Watches whether one refresh token is ever redeemed by two requests at a time. */
export function createRedemptionWitness(): RedemptionWitness {
  const open = new Map<string, number>();
  const abandoned = new Map<string, number>();
  const lastEnd = new Map<string, number>();
  const ofGrant = new Map<string, RedemptionTotals>();
  let total = none;

  function count(grant: string, change: (totals: RedemptionTotals) => RedemptionTotals): void {
    total = change(total);
    ofGrant.set(grant, change(ofGrant.get(grant) ?? none));
  }

  function step(map: Map<string, number>, key: string, by: 1 | -1): number {
    const value = (map.get(key) ?? 0) + by;
    if (value > 0) map.set(key, value);
    else map.delete(key);
    return value;
  }

  return {
    began({ grant, presentedHash, startOrder }) {
      const now = step(open, presentedHash, 1);
      // A redemption is known by its body, and another one may have ended since this one's first byte.
      const missed = now === 1 && (lastEnd.get(presentedHash) ?? 0) > startOrder;
      const overlap = missed ? 2 : now;
      const behind = abandoned.has(presentedHash) ? 1 : 0;
      count(grant, (totals) => ({
        ...totals,
        presented: totals.presented + 1,
        overlapping: totals.overlapping + (overlap > 1 ? 1 : 0),
        maximumOverlap: Math.max(totals.maximumOverlap, overlap),
        behindAbandoned: totals.behindAbandoned + behind,
      }));
    },
    redeemed({ grant }) {
      count(grant, (totals) => ({ ...totals, redeemed: totals.redeemed + 1 }));
    },
    deadPresented({ grant }) {
      count(grant, (totals) => ({ ...totals, deadPresented: totals.deadPresented + 1 }));
    },
    ended({ presentedHash }, endOrder, unprocessed) {
      step(open, presentedHash, -1);
      if (unprocessed) step(abandoned, presentedHash, 1);
      lastEnd.delete(presentedHash);
      lastEnd.set(presentedHash, endOrder);
      if (lastEnd.size > endsRemembered) lastEnd.delete(lastEnd.keys().next().value ?? "");
    },
    settledAbandoned({ presentedHash }) {
      step(abandoned, presentedHash, -1);
    },
    totals: () => total,
    totalsOfGrants: () => ofGrant,
    clear() {
      ofGrant.clear();
      total = none;
    },
  };
}
