import type { Testimony } from "./sandbox-witness.ts";
import type { HalfDone } from "./stored-connections.ts";

export type Progress = {
  /** Since the run began. */
  readonly seconds: number;
  readonly kills: number;
  readonly witness: Testimony;
};

/** What became of connections whose brokers were killed. */
export type CrashReport = Progress & {
  readonly accounts: number;
  /** From the beginning to the last kill, in seconds. */
  readonly killedFor: number;
  /** What the last kill has left half done. */
  readonly left: HalfDone;
  /** How long after the last kill the connections were at rest, in seconds. */
  readonly settledAfter: number;
  /** Sum of all generations: token sets that were stored. */
  readonly generations: number;
  /** What readers were answered, by code. */
  readonly answers: Readonly<Record<string, number>>;
  /** What was still open when the run gave up waiting. */
  readonly unsettled: readonly string[];
  /** Connections at rest that are not as they have to be. */
  readonly wrong: readonly string[];
  /** What readers saw that must not be. */
  readonly impossible: readonly string[];
  /** Connections that had not kept the newest refresh token that was issued to them. */
  readonly outdated: readonly string[];
};

/** Everything that must not have happened, in sentences. Empty where nothing was lost and nothing spent twice. */
export function losses(report: CrashReport): readonly string[] {
  const { overlaps, counted } = report.witness;
  const miscounted = (["overlapping", "behind_abandoned", "dead_presented"] as const).filter(
    (name) => counted[name] > 0,
  );
  return [
    ...report.unsettled,
    ...report.wrong,
    ...report.impossible,
    ...report.outdated,
    ...overlaps.map((overlap) => `redeemed while another redemption of the grant was open: ${overlap}`),
    ...miscounted.map((name) => `the sandbox has counted ${counted[name]} redemptions as ${name}`),
  ];
}

/** What a run lacks to have proved anything. Empty where brokers died between a redemption and its commit. */
export function lacks(report: CrashReport): readonly string[] {
  const { kills, killedFor, left, witness, accounts, generations } = report;
  const { faults, redemptions, redeemed, lostAnswers, replays } = witness;
  const lacking = [
    kills >= killedFor / 12 ? "" : `only ${kills} kills in ${killedFor} s`,
    redemptions >= 2 * accounts ? "" : `only ${redemptions} redemptions`,
    redeemed > generations ? "" : "no redemption without a commit",
    faults > 0 ? "" : "no fault of the provider",
    lostAnswers > 0 ? "" : "no answer that died with its broker",
    replays.length > 0 ? "" : "no replay",
    left.attempts > 0 ? "" : "no attempt that the last kill left open",
    left.debts > 0 ? "" : "no debt that the last kill left behind",
  ];
  return lacking.filter((what) => what !== "");
}

/** How a run ended, in one line. */
export function ending(report: CrashReport): string {
  const { left, settledAfter, witness, generations } = report;
  return [
    `the last kill left ${left.attempts} attempts open and ${left.debts} debts`,
    `at rest ${settledAfter} s later`,
    `${witness.redeemed} redemptions took effect, ${generations} were stored`,
    `lost ${losses(report).length}`,
  ].join(", ");
}

/** The numbers of a run in one line. */
export function summary({ seconds, kills, witness }: Progress): string {
  const { redemptions, faults, cutOff, lostAnswers, replays, overlaps } = witness;
  return [
    `${seconds} s`,
    `${kills} kills`,
    `${redemptions} redemptions`,
    `${faults} faults`,
    `${cutOff} cut off by a kill (${lostAnswers} took effect)`,
    `${replays.length} replays`,
    `${overlaps.length} overlaps`,
  ].join(", ");
}
