import type { Broker } from "./broker.ts";
import type { Action, Limits } from "./execution.ts";
import type { Finding, FindingKind } from "./findings.ts";
import { areIndependent, type Footprint, footprint } from "./independence.ts";
import type { LossCause } from "./provider-kinds.ts";
import { type Chooser, type Run, runSchedule } from "./run-schedule.ts";
import type { Prepared } from "./scenarios.ts";

export type FoundIn = Finding & { readonly trace: readonly string[] };

export type Exploration = {
  /** Schedules that were run to their end. All others come to a state that one of these went through. */
  readonly schedules: number;
  readonly states: number;
  /** Schedules after which the account is lost, whoever is to blame. */
  readonly lost: number;
  /** The first of each kind. */
  readonly findings: readonly FoundIn[];
  /** Schedules, by what was found at the end of them. */
  readonly found: Readonly<Partial<Record<FindingKind, number>>>;
  readonly losses: ReadonlyMap<LossCause, number>;
};

/** Actions that need not be tried at a point, because another order of the same has been or will be. */
type Asleep = ReadonlyMap<string, Footprint>;

/** A schedule that begins as another one did, and goes on otherwise. */
type Branch = {
  readonly path: readonly Action[];
  readonly histories: readonly number[];
  readonly next: Action;
  readonly asleep: Asleep;
};

/**
 * Runs every schedule of a scenario, as far as they differ. Two that differ only in the order of calls which do not
 * concern each other are one (sleep sets), and where an execution comes to a state that was seen before, it is left. A state
 * is everything shared, and everything that each worker has seen so far.
 *
 * @see P. Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, LNCS 1032, chapter 5
 * @param isEnough ends the search early
 */
export async function explore(
  prepared: Prepared,
  broker: Broker,
  limits: Limits,
  isEnough: (run: Run) => boolean = () => false,
): Promise<Exploration> {
  const seen = new Map<number, Asleep>();
  const open: (Branch | undefined)[] = [undefined];
  const findings: FoundIn[] = [];
  const found: Partial<Record<FindingKind, number>> = {};
  const losses = new Map<LossCause, number>();
  let schedules = 0;
  let lost = 0;
  while (open.length > 0) {
    const run = await runSchedule(prepared, broker, limits, follow(open.pop(), open, seen));
    if (run.isComplete) schedules++;
    if (run.loss !== null || run.findings.some(({ kind }) => kind === "lost")) lost++;
    if (run.loss !== null) losses.set(run.loss, (losses.get(run.loss) ?? 0) + 1);
    if (isEnough(run)) {
      const [finding] = run.findings;
      if (finding !== undefined) findings.push({ ...finding, trace: run.trace() });
      if (finding !== undefined) found[finding.kind] = 1;
      break;
    }
    if (!run.isComplete) continue;
    for (const kind of new Set(run.findings.map((finding) => finding.kind))) {
      const [finding] = run.findings.filter((one) => one.kind === kind);
      if (found[kind] === undefined && finding !== undefined) findings.push({ ...finding, trace: run.trace() });
      found[kind] = (found[kind] ?? 0) + 1;
    }
  }
  return { schedules, states: seen.size, lost, findings, found, losses };
}

/** Takes a branch to its end, and leaves a branch open for everything that could happen otherwise on the way. */
function follow(branch: Branch | undefined, open: (Branch | undefined)[], seen: Map<number, Asleep>): Chooser {
  const path: Action[] = [];
  let asleep: Asleep = branch?.asleep ?? new Map();

  const take = (action: Action): Action => {
    path.push(action);
    return action;
  };

  return (actions, { execution, state }) => {
    if (branch !== undefined && path.length <= branch.path.length) {
      if (path.length === 0) execution.beginReplay();
      const replayed = branch.path[path.length];
      if (replayed !== undefined) return take(replayed);
      execution.endReplay(branch.histories);
      return take(branch.next);
    }
    const candidates = untried(actions, asleep);
    const [first, ...others] = candidates;
    if (first === undefined) return candidates === unseenEnd ? "end" : undefined;
    const histories = execution.histories();
    const before = new Map(asleep);
    asleep = stillAsleep(before, footprint(first, execution));
    for (const [index, next] of others.entries()) {
      const earlier = footprint(candidates[index] as Action, execution);
      if (earlier !== undefined) before.set(earlier.key, earlier);
      open.push({ path: [...path], histories, next, asleep: stillAsleep(before, footprint(next, execution)) });
    }
    return take(first);

    function awake(possible: readonly Action[], sleeping: Asleep): readonly Action[] {
      return possible.filter((action) => !sleeping.has(footprint(action, execution)?.key ?? ""));
    }

    /** Those that were not tried from this state before. */
    function untried(possible: readonly Action[], sleeping: Asleep): readonly Action[] {
      const now = state();
      const sleptBefore = seen.get(now);
      if (sleptBefore === undefined) {
        seen.set(now, sleeping);
        return possible.length === 0 ? unseenEnd : awake(possible, sleeping);
      }
      const common = new Map([...sleptBefore].filter(([key]) => sleeping.has(key)));
      if (common.size < sleptBefore.size) seen.set(now, common);
      return awake(possible, sleeping).filter((action) => sleptBefore.has(footprint(action, execution)?.key ?? ""));
    }
  };
}

/** Nobody has anything left to do, and this is how it ended for the first time. */
const unseenEnd: readonly Action[] = [];

function stillAsleep(sleeping: Asleep, taken: Footprint | undefined): Asleep {
  return new Map([...sleeping].filter(([, other]) => areIndependent(other, taken)));
}
