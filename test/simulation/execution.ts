import { type Fate, isFreeze } from "./fates.ts";
import { hashData, hashText, mix } from "./hash.ts";
import { stored, type World } from "./world.ts";

/** A worker stands still for this long where it freezes: longer than a lease. */
export const freezeMilliseconds = 18_000;

const mostTurns = 200;

/** One call that a worker waits for. */
export type Call = {
  readonly name: string;
  readonly faults: readonly Fate[];
  /** True where it makes no difference to anybody when it happens: it can fail, and is no interleaving. */
  readonly isLocal: boolean;
  readonly perform: (fate: Fate) => Promise<unknown>;
  /** What the caller knows by the result, for telling states apart. */
  readonly describe: (result: unknown) => number;
};

type Waiting = Call & { readonly resolve: (result: unknown) => void; readonly reject: (error: unknown) => void };

export type Worker = {
  readonly name: string;
  state: "waiting" | "running" | "done" | "dead";
  readonly calls: Waiting[];
  sleeping: { readonly until: number; readonly wake: () => void; readonly item: unknown } | undefined;
  frozenUntil: number;
  /** Everything that it has seen so far. The same history is the same local state. */
  history: number;
};

/** What can happen next. */
export type Action =
  | { readonly kind: "start" | "wake"; readonly worker: number }
  | { readonly kind: "call"; readonly worker: number; readonly fate: Fate }
  /** Time passes until leases are over, while nobody is at work. */
  | { readonly kind: "time passes" };

/** The store, the provider or the network did not answer as it was asked. */
export class Fault extends Error {
  override readonly name = "Fault";
  /** True where only the answer is missing. */
  readonly wasDone: boolean;
  constructor(call: string, wasDone: boolean) {
    super(call);
    this.wasDone = wasDone;
  }
}

export type Limits = {
  readonly faults: number;
  readonly freezes: boolean;
  /**
   * `any time`: a sleeper wakes whenever its time may have come. `on change`: while others are at work, only where the
   * connection is not as it was, and without time passing; whoever looks and finds nothing new sleeps on in any case.
   */
  readonly wakes: "any time" | "on change";
  /** True where each call of publishing is a step, false where publishing is one. */
  readonly publishes: boolean;
};

export type Execution = ReturnType<typeof createExecution>;

/** The watcher of an execution: told what happens to workers, as it happens. */
export type WorkerWatcher = {
  started(worker: number): void;
  acted(worker: number, call: Call, fate: Fate): void;
  died(worker: number): void;
  ended(worker: number, result: { readonly value: unknown } | { readonly error: unknown }): void;
};

/**
 * Runs workers one call at a time. Between two calls of a worker nothing happens that another could see, so an order of
 * calls is all there is to an interleaving.
 *
 * @param works what each worker does once it is started
 * @param mostFaults how many calls may end otherwise than well
 */
export function createExecution(
  world: World,
  works: readonly { readonly name: string; readonly work: () => Promise<unknown> }[],
  watcher: WorkerWatcher,
  limits: Limits,
) {
  const workers: Worker[] = works.map(({ name }) => ({
    name,
    state: "waiting",
    calls: [],
    sleeping: undefined,
    frozenUntil: 0,
    history: hashText(name),
  }));
  let faultsLeft = limits.faults;
  /** How often time may still pass: once for each that died or froze. */
  let pauses = 0;
  let isOver = false;
  let isReplaying = false;
  let current = 0;

  function isActive(worker: Worker): boolean {
    return worker.state === "running" && worker.frozenUntil <= world.now;
  }

  /** What can happen next, the worker that acted last first. */
  function actions(): readonly Action[] {
    const found: Action[] = [];
    for (let turn = 0; turn < workers.length; turn++) {
      const index = (current + turn) % workers.length;
      const worker = workers[index] as Worker;
      if (worker.state === "waiting") found.push({ kind: "start", worker: index });
      if (!isActive(worker)) continue;
      const [call] = worker.calls;
      if (call !== undefined) {
        const all = callActions(index, call);
        if (call.isLocal) return all;
        found.push(...all);
      } else if (worker.sleeping !== undefined && mayWake(index, worker.sleeping.item)) {
        found.push({ kind: "wake", worker: index });
      }
    }
    if (mayTimePass()) found.push({ kind: "time passes" });
    return found;
  }

  /** True where all others have come to an end, or sleep too. */
  function isAlone(index: number): boolean {
    return workers.every((worker, other) => other === index || !isActive(worker) || worker.sleeping !== undefined);
  }

  function mayWake(index: number, item: unknown): boolean {
    return limits.wakes === "any time" || item !== stored(world) || isAlone(index);
  }

  function callActions(worker: number, call: Call): Action[] {
    const ok: Action = { kind: "call", worker, fate: "ok" };
    if (faultsLeft === 0) return [ok];
    const faults = limits.freezes ? call.faults : call.faults.filter((fate) => !isFreeze(fate));
    return [ok, ...faults.map((fate): Action => ({ kind: "call", worker, fate }))];
  }

  function mayTimePass(): boolean {
    if (pauses === 0 || workers.some(isActive)) return false;
    return workers.some((worker) => worker.state === "waiting" || worker.state === "running");
  }

  /** Does one action and lets the worker go on until it waits again. */
  async function act(action: Action): Promise<void> {
    if (action.kind === "time passes") {
      pauses--;
      world.now += freezeMilliseconds;
      return;
    }
    current = action.worker;
    const worker = workers[action.worker] as Worker;
    if (action.kind === "call") {
      await callOut(action.worker, action.fate);
    } else if (action.kind === "start") {
      start(action.worker);
    } else {
      const { sleeping } = worker;
      worker.sleeping = undefined;
      if (limits.wakes === "any time" || isAlone(action.worker)) world.now = Math.max(world.now, sleeping?.until ?? 0);
      worker.history = mix(worker.history, world.now);
      sleeping?.wake();
    }
    await rest(worker);
  }

  async function callOut(index: number, fate: Fate): Promise<void> {
    const worker = workers[index] as Worker;
    const [call] = worker.calls;
    if (call === undefined) throw new Error(`${worker.name} waits for nothing.`);
    if (fate !== "ok") faultsLeft--;
    watcher.acted(index, call, fate);
    if (fate === "freeze before") return freeze(worker);
    if (fate === "crash before") return die(index);
    if (fate === "fails") return answer(worker, call, Promise.reject(new Fault(call.name, false)));
    const performed = call.perform(fate);
    await performed.catch(() => undefined);
    if (fate === "crash after") return die(index);
    if (fate === "reply lost")
      return answer(
        worker,
        call,
        performed.then(() => Promise.reject(new Fault(call.name, true))),
      );
    if (fate === "freeze after") {
      freeze(worker);
      if (!isReplaying)
        worker.history = mix(worker.history, await performed.then(call.describe, (error) => hashText(String(error))));
      // What is done is done. What the caller learns of it has to wait.
      worker.calls[0] = { ...call, name: `answer of ${call.name}`, faults: [], perform: () => performed };
      return;
    }
    return answer(worker, call, performed);
  }

  async function answer(worker: Worker, call: Waiting, performed: Promise<unknown>): Promise<void> {
    worker.calls.splice(worker.calls.indexOf(call), 1);
    try {
      const result = await performed;
      if (!isReplaying) worker.history = mix(mix(worker.history, call.describe(result)), world.now);
      call.resolve(result);
    } catch (error) {
      if (!isReplaying) worker.history = mix(mix(worker.history, hashText(String(error))), world.now);
      call.reject(error);
    }
  }

  function freeze(worker: Worker) {
    worker.frozenUntil = world.now + freezeMilliseconds;
    pauses++;
  }

  function die(index: number) {
    const worker = workers[index] as Worker;
    worker.state = "dead";
    pauses++;
    watcher.died(index);
  }

  function start(index: number) {
    const worker = workers[index] as Worker;
    worker.state = "running";
    worker.history = mix(worker.history, world.now);
    watcher.started(index);
    const end = (result: { readonly value: unknown } | { readonly error: unknown }) => {
      if (isOver || worker.state === "dead") return;
      worker.state = "done";
      watcher.ended(index, result);
    };
    works[index]?.work().then(
      (value) => end({ value }),
      (error: unknown) => end({ error }),
    );
  }

  /** Until everything in the worker waits for something, or it has come to its end. */
  async function rest(worker: Worker): Promise<void> {
    for (let turn = 0; turn < mostTurns; turn++) {
      await new Promise(setImmediate);
      if (worker.state !== "running" || worker.calls.length > 0 || worker.sleeping !== undefined) return;
    }
    throw new Error(`${worker.name} neither goes on nor waits for anything the simulation knows.`);
  }

  return {
    world,
    workers,
    actions,
    act,
    get faultsLeft() {
      return faultsLeft;
    },
    /** A worker's call: waits until the schedule lets it happen. */
    call(index: number, call: Call): Promise<unknown> {
      return new Promise((resolve, reject) => {
        const worker = workers[index];
        if (isOver || worker === undefined) return;
        const waiting = { ...call, resolve, reject };
        worker.calls.push(waiting);
        // Neither when nor how is a choice.
        if (call.isLocal && faultsLeft === 0) void answer(worker, waiting, call.perform("ok"));
      });
    },
    sleep(index: number, milliseconds: number): Promise<void> {
      return new Promise((wake) => {
        const worker = workers[index];
        if (milliseconds === 0) wake();
        else if (worker !== undefined && !isOver)
          worker.sleeping = { until: world.now + milliseconds, wake, item: stored(world) };
      });
    },
    /** The same for two executions that can only go on in the same ways. */
    fingerprint(): number {
      let hash = hashText(`${faultsLeft} ${pauses}`);
      for (const worker of workers) {
        hash = mix(hash, worker.state === "running" ? mix(worker.history, worker.frozenUntil) : hashData(worker.state));
      }
      return hash;
    },
    histories: () => workers.map(({ history }) => history),
    /** What happens from now on is known: nobody's history is kept until `endReplay`. */
    beginReplay() {
      isReplaying = true;
    },
    /** @param histories as they were when this very point was reached before */
    endReplay(histories: readonly number[]) {
      isReplaying = false;
      for (const [index, history] of histories.entries()) (workers[index] as Worker).history = history;
    },
    /** Ends what is still under way, so that nothing of it stays behind. */
    abandon() {
      isOver = true;
      for (const { calls } of workers) for (const call of calls) call.reject(new Fault("abandoned", false));
    },
  };
}
