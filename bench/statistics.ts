/** A median, and between what eight in ten of the values lie. */
export type Spread = { readonly median: number; readonly low: number; readonly high: number };

/** @throws RangeError where there are no values */
export function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), low: quantile(values, 0.1), high: quantile(values, 0.9) };
}

/**
 * The value below which a share of the values lies, between two values on the line from one to the other.
 *
 * @param share from 0 to 1
 * @throws RangeError where there are no values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) throw new RangeError("There are no values.");
  return below + (above - below) * (place - Math.floor(place));
}

/** Pairs of what was measured in the same rounds, each as one value. */
export function paired(
  values: readonly number[],
  others: readonly number[],
  combine: (value: number, other: number) => number,
): readonly number[] {
  if (values.length !== others.length) throw new RangeError("These are not the same rounds.");
  return values.map((value, round) => combine(value, others[round] as number));
}
