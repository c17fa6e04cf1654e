export type EndpointCount = {
  readonly total: number;
  /** Requests that have begun and not ended. */
  readonly open: number;
  /** How often each outcome took effect. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** How often each status was sent; `none` where the connection was reset or the client had gone. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests that at least one fault hit. */
  readonly faulted: number;
};

export type RequestCounters = {
  began(endpoint: string): void;
  ended(endpoint: string, status: number | null, faulted: boolean): void;
  outcome(endpoint: string, outcome: string): void;
  counts(): Readonly<Record<string, EndpointCount>>;
  clear(): void;
};

const none: EndpointCount = { total: 0, open: 0, outcomes: {}, statuses: {}, faulted: 0 };

function plusOne(counts: Readonly<Record<string, number>>, key: string): Readonly<Record<string, number>> {
  return { ...counts, [key]: (counts[key] ?? 0) + 1 };
}

/** Counts requests by endpoint, outcome and status. */
export function createRequestCounters(): RequestCounters {
  const endpoints = new Map<string, EndpointCount>();

  function change(endpoint: string, by: (count: EndpointCount) => EndpointCount): void {
    endpoints.set(endpoint, by(endpoints.get(endpoint) ?? none));
  }

  return {
    began: (endpoint) => change(endpoint, (count) => ({ ...count, total: count.total + 1, open: count.open + 1 })),
    ended: (endpoint, status, faulted) =>
      change(endpoint, (count) => ({
        ...count,
        open: count.open - 1,
        statuses: plusOne(count.statuses, status === null ? "none" : String(status)),
        faulted: count.faulted + (faulted ? 1 : 0),
      })),
    outcome: (endpoint, outcome) =>
      change(endpoint, (count) => ({ ...count, outcomes: plusOne(count.outcomes, outcome) })),
    counts: () => Object.fromEntries(endpoints),
    clear() {
      for (const [endpoint, count] of endpoints) {
        if (count.open === 0) endpoints.delete(endpoint);
        else endpoints.set(endpoint, { ...none, open: count.open });
      }
    },
  };
}
