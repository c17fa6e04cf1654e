import type { Action, Execution } from "./execution.ts";
import { type Fate, faultsOf } from "./fates.ts";

/** What an action touches: as much as has to be known to tell whether two of them can change places. */
export type Footprint = {
  /** Names the action as long as it stays possible. */
  readonly key: string;
  readonly worker: number;
  /** What it reads or changes of that which is shared; null for nothing. */
  readonly object: string | null;
  readonly isRead: boolean;
  readonly isFault: boolean;
};

const untouched: readonly Fate[] = ["fails", "crash before", "freeze before"];

/** @returns undefined for what changes the time, which everything depends on */
export function footprint(action: Action, { workers }: Execution): Footprint | undefined {
  if (action.kind !== "call") {
    return action.kind === "start" ? starts(action.worker) : undefined;
  }
  const { worker } = action;
  const [call] = workers[worker]?.calls ?? [];
  const name = call?.name ?? "";
  return {
    key: `${worker} ${name} ${action.fate}`,
    worker,
    object: untouched.includes(action.fate) ? null : (name.split(".")[0] ?? null),
    isRead: call?.faults === faultsOf.read,
    isFault: action.fate !== "ok",
  };
}

function starts(worker: number): Footprint {
  return { key: `${worker} starts`, worker, object: null, isRead: true, isFault: false };
}

/** True where it makes no difference which of the two happens first. */
export function areIndependent(one: Footprint, other: Footprint | undefined): boolean {
  if (other === undefined || one.worker === other.worker) return false;
  // There are only so many faults: one more here is one fewer there.
  if (one.isFault && other.isFault) return false;
  if (one.object === null || one.object !== other.object) return true;
  return one.isRead && other.isRead;
}
