/** The part of a sweep that one of several schedules does: its shards of the due index, and its part of every rate. */
export type SweepShare = {
  /** Which one, from 0. */
  readonly share: number;
  /** How many there are. */
  readonly of: number;
};

export const wholeSweep: SweepShare = { share: 0, of: 1 };
