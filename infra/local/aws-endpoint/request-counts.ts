/** Counts of requests by `service.Operation`, as they arrived, whatever became of them. */
export type RequestCounts = {
  readonly add: (name: string) => void;
  readonly all: () => Readonly<Record<string, number>>;
  readonly reset: () => void;
};

/** Makes counts that are all zero. */
export function createRequestCounts(): RequestCounts {
  const counts = new Map<string, number>();
  return {
    add: (name) => counts.set(name, (counts.get(name) ?? 0) + 1),
    all: () => Object.fromEntries([...counts].sort()),
    reset: () => counts.clear(),
  };
}
