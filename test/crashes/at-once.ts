/** Does something for each value, for this many at a time. */
export async function atOnce<Value>(
  count: number,
  values: readonly Value[],
  work: (value: Value) => Promise<void>,
): Promise<void> {
  const queue = values.values();
  const worker = async () => {
    for (const value of queue) await work(value);
  };
  await Promise.all(Array.from({ length: count }, worker));
}
