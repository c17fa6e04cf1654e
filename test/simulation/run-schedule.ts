import type { Broker } from "./broker.ts";
import { type Action, createExecution, type Execution, type Limits } from "./execution.ts";
import type { Finding } from "./findings.ts";
import { hashText, mix } from "./hash.ts";
import { judge } from "./judgement.ts";
import { createMonitor, names } from "./monitor.ts";
import type { LossCause } from "./provider-kinds.ts";
import type { Prepared } from "./scenarios.ts";
import { workerPorts } from "./worker-ports.ts";
import { acme, createWorld, fingerprint } from "./world.ts";

/** Decides what happens next. @returns one of the actions; `end` to judge where there is none; undefined to leave it there */
export type Chooser = (actions: readonly Action[], at: Point) => Action | "end" | undefined;

/** Where an execution stands. */
export type Point = {
  readonly execution: Execution;
  /** The same for all points from which the same can follow. */
  state(): number;
};

export type Run = {
  /** False where the chooser left it. */
  readonly isComplete: boolean;
  readonly findings: readonly Finding[];
  readonly loss: LossCause | null;
  /** What happened, in order. */
  readonly trace: () => readonly string[];
};

/** Runs one schedule of a scenario, from its beginning until nobody is left to do anything, and judges the end. */
export async function runSchedule(prepared: Prepared, broker: Broker, limits: Limits, choose: Chooser): Promise<Run> {
  const { scenario, purposes } = prepared;
  const world = createWorld(prepared.world.kind, prepared.world);
  const monitor = createMonitor(world, [...purposes, "refresh"], prepared.requests);
  const grain = {
    publishes: limits.publishes,
    authorizations: purposes.filter((purpose) => purpose === "authorize").length > 1,
  };
  const works = scenario.tasks.map((task, worker) => {
    const name = names.charAt(worker);
    const ports = workerPorts(
      world,
      name,
      {
        call: (call) => execution.call(worker, call),
        sleep: (milliseconds) => execution.sleep(worker, milliseconds),
        due: async () => [acme],
      },
      monitor.effects(worker),
      grain,
    );
    return { name: `${name} (${task})`, work: () => prepared.work(broker, worker, ports) };
  });
  const execution: Execution = createExecution(world, works, monitor.watcher, limits);
  const state = (): number => mix(mix(fingerprint(world), execution.fingerprint()), hashText(monitor.fingerprint()));
  const done: (() => string)[] = [];
  const trace = () => done.map((describe) => describe());
  try {
    for (;;) {
      const actions = execution.actions();
      const action = choose(actions, { execution, state });
      if (action === "end") break;
      if (action === undefined) return { isComplete: false, findings: monitor.findings, loss: null, trace };
      done.push(described(action, execution));
      await execution.act(action);
    }
    const { findings, loss } = await judge(world, broker, monitor, prepared);
    return { isComplete: true, findings, loss, trace };
  } finally {
    execution.abandon();
  }
}

function described(action: Action, { workers }: Execution): () => string {
  if (action.kind === "time passes") return () => "time passes";
  const worker = workers[action.worker];
  if (action.kind !== "call") return () => `${worker?.name} ${action.kind === "start" ? "starts" : "wakes"}`;
  const call = worker?.calls[0]?.name;
  return () => `${worker?.name}: ${call}${action.fate === "ok" ? "" : ` – ${action.fate}`}`;
}
