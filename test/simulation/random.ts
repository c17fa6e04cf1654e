import fc from "fast-check";
import type { Broker } from "./broker.ts";
import type { Action } from "./execution.ts";
import type { FindingKind } from "./findings.ts";
import type { LossCause, ProviderKind } from "./provider-kinds.ts";
import { type Chooser, type Run, runSchedule } from "./run-schedule.ts";
import { type Beginning, type Prepared, prepare, type Task } from "./scenarios.ts";

const beginnings: readonly Beginning[] = [
  "due",
  "expired",
  "connected",
  "crashed",
  "revoking",
  "revoked",
  "unconnected",
];
const tasks: readonly Task[] = [
  "sweep",
  "reader",
  "rejecting reader",
  "demanding reader",
  "operator",
  "callback",
  "same callback",
  "import",
  "revoke",
  "force revoke",
];

const limits = { faults: 3, freezes: true, wakes: "any time", publishes: true } as const;

/** Faults of this number hit calls that nobody else can see, such as opening a data key; all others those that are seen. */
const hidden = 11;

/** One schedule: who begins where, how they take turns, and what goes wrong when. Simple ones come first. */
const schedules = fc.record({
  beginning: fc.constantFrom(...beginnings),
  tasks: fc
    .tuple(fc.constantFrom(...tasks), fc.constantFrom(...tasks), fc.constantFrom(...tasks))
    .map((three) => [...three].sort((left, right) => tasks.indexOf(left) - tasks.indexOf(right))),
  // As long as a schedule can be, so that the workers take turns until its end.
  turns: fc.uint8Array({ minLength: 60, maxLength: 60, size: "max" }),
  faults: fc.array(fc.record({ at: fc.nat(30), pick: fc.nat(hidden) }), { maxLength: limits.faults, size: "max" }),
});

type Schedule = typeof schedules extends fc.Arbitrary<infer Value> ? Value : never;

export type RandomSearch = {
  readonly schedules: number;
  /** Schedules after which the account is lost, whoever is to blame. */
  readonly lost: number;
  readonly found: Readonly<Partial<Record<FindingKind, number>>>;
  readonly losses: Readonly<Partial<Record<LossCause, number>>>;
  /** The smallest schedule that was found to end badly, and how to see it again. */
  readonly counterexample: string | undefined;
};

/**
 * Runs schedules at random: three workers with any task, up to three faults anywhere.
 *
 * @param isExpected true to count what is found and go on, as for a baseline; otherwise the first finding ends the search
 * and is made smaller
 * @param path of a counterexample: only that one is run
 */
export async function searchAtRandom(
  broker: Broker,
  kind: ProviderKind,
  options: { readonly seed: number; readonly runs: number; readonly isExpected: boolean; readonly path?: string },
): Promise<RandomSearch> {
  const found: Partial<Record<FindingKind, number>> = {};
  const losses: Partial<Record<LossCause, number>> = {};
  const known = new Map<string, Promise<Prepared>>();
  let schedulesRun = 0;
  let lost = 0;
  let isShrinking = false;
  let worst: { readonly run: Run; readonly schedule: Schedule } | undefined;

  const property = fc.asyncProperty(schedules, async (schedule) => {
    const run = await runSchedule(await prepared(schedule), broker, limits, followTurns(schedule));
    if (!isShrinking) {
      schedulesRun++;
      for (const finding of new Set(run.findings.map((finding) => finding.kind))) {
        found[finding] = (found[finding] ?? 0) + 1;
      }
      if (run.loss !== null || run.findings.some(({ kind: found }) => found === "lost")) lost++;
      if (run.loss !== null) losses[run.loss] = (losses[run.loss] ?? 0) + 1;
    }
    if (run.findings.length === 0 || options.isExpected) return true;
    isShrinking = true;
    worst = { run, schedule };
    return false;
  });

  function prepared({ beginning, tasks: three }: Schedule): Promise<Prepared> {
    const name = `${beginning}: ${three.join(", ")}`;
    const before = known.get(name) ?? prepare({ name, beginning, tasks: three, publishes: true }, kind);
    known.set(name, before);
    return before;
  }

  const { seed, runs: numRuns, path } = options;
  const details = await fc.check(property, { seed, numRuns, ...(path === undefined ? {} : { path }) });
  if (details.errorInstance !== null && worst === undefined) throw details.errorInstance;
  const replay = `--kind "${kind.name}" --seed ${details.seed} --path "${details.counterexamplePath}"`;
  const counterexample = worst && describe(worst.run, worst.schedule, replay);
  return { schedules: schedulesRun, lost, found, losses, counterexample };
}

/** The worker that acted last goes on as often as not. */
function followTurns({ turns, faults }: Schedule): Chooser {
  let point = 0;
  const calls = { seen: 0, hidden: 0 };
  return (actions, { execution }) => {
    // Nothing is compared with what was seen before.
    if (point === 0) execution.beginReplay();
    if (actions.length === 0) return "end";
    const sound = actions.filter((action) => action.kind !== "call" || action.fate === "ok");
    const turn = Math.max(0, (turns[point++ % turns.length] ?? 0) - 128);
    const action = sound[turn % sound.length];
    if (action?.kind !== "call") return action;
    const broken = actions.filter((other): other is Extract<Action, { kind: "call" }> => {
      return other.kind === "call" && other.worker === action.worker && other.fate !== "ok";
    });
    const sort = broken.length > 1 ? "seen" : "hidden";
    const count = calls[sort]++;
    const wanted = faults.find(({ at, pick }) => at === count && (pick === hidden) === (sort === "hidden"));
    return (wanted && broken[wanted.pick % broken.length]) ?? action;
  };
}

function describe(run: Run, { beginning, tasks: three }: Schedule, replay: string): string {
  const findings = run.findings.map(({ kind, text }) => `${kind}: ${text}`);
  return [
    `npm run simulate -- --random ${replay}`,
    ...findings,
    `${beginning}; ${three.join(", ")}`,
    ...run.trace().map((line) => `  ${line}`),
  ].join("\n");
}
