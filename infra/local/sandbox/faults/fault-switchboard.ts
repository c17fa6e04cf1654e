import type { Subject } from "../http/endpoint.ts";
import { type AnswerFault, type Fault, type FaultKind, makesSense } from "./fault.ts";
import { seededRandom } from "./seeded-random.ts";

type Of<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>;

/** The faults that hit one request: at most one of each sort, the first in the list that matches. */
export type DrawnFaults = {
  readonly ids: readonly string[];
  readonly delay?: Of<"delay">;
  readonly dateOffset?: Of<"date-offset">;
  /** Stands in for the provider's answer. */
  readonly answer?: AnswerFault;
  /** Spoils the delivery of the provider's own answer. */
  readonly spoil?: Of<"cut" | "broken-json">;
  readonly noRefreshToken?: Of<"no-refresh-token">;
  readonly expiresIn?: Of<"no-expires-in" | "expires-in">;
};

/** A fault that is set, with what has become of it. */
export type SetFault = {
  readonly fault: Fault & { readonly id: string };
  /** Requests hit so far. */
  readonly hits: number;
  /** Requests it will still hit; null without a limit. */
  readonly left: number | null;
};

export type FaultSwitchboard = {
  /** Replaces all faults; those without an id get one. */
  set(faults: readonly Fault[]): readonly SetFault[];
  list(): readonly SetFault[];
  /** Takes the faults for one request, and counts them. */
  draw(endpoint: string, subject: Subject): DrawnFaults;
};

type Slot = Exclude<keyof DrawnFaults, "ids">;

const slots: Partial<Record<FaultKind, Slot>> = {
  delay: "delay",
  "date-offset": "dateOffset",
  cut: "spoil",
  "broken-json": "spoil",
  "no-refresh-token": "noRefreshToken",
  "no-expires-in": "expiresIn",
  "expires-in": "expiresIn",
};

/** Holds the faults that are set. They are forgotten when the process ends. */
export function createFaultSwitchboard(): FaultSwitchboard {
  let entries: { state: SetFault; readonly random: () => number }[] = [];
  let named = 0;

  return {
    set(faults) {
      entries = faults.map((fault) => ({
        state: { fault: { ...fault, id: fault.id ?? `fault-${++named}` }, hits: 0, left: fault.times ?? null },
        random: seededRandom(fault.seed ?? 1),
      }));
      return entries.map((entry) => entry.state);
    },
    list: () => entries.map((entry) => entry.state),
    draw(endpoint, subject) {
      const drawn: Partial<Record<Slot, Fault>> = {};
      const ids: string[] = [];
      for (const entry of entries) {
        const { fault, hits, left } = entry.state;
        const slot = slots[fault.kind] ?? "answer";
        if (left === 0 || !aimedAt(fault, endpoint, subject) || taken(drawn, slot)) continue;
        if (fault.probability !== undefined && entry.random() >= fault.probability) continue;
        drawn[slot] = fault;
        ids.push(fault.id);
        entry.state = { fault, hits: hits + 1, left: left === null ? null : left - 1 };
      }
      return { ids, ...drawn } as DrawnFaults;
    },
  };
}

function aimedAt(fault: Fault, endpoint: string, subject: Subject): boolean {
  if (fault.endpoint !== undefined && fault.endpoint !== endpoint) return false;
  if (!makesSense(fault.kind, endpoint)) return false;
  if (fault.kind === "invalid-refresh-token" && subject.redeems !== "refresh_token") return false;
  if (fault.redeems !== undefined && fault.redeems !== subject.redeems) return false;
  if (fault.account !== undefined && fault.account !== subject.account) return false;
  return fault.grant === undefined || fault.grant === subject.grant;
}

/** Nothing is left to spoil or to edit of an answer that is replaced. */
function taken(drawn: Partial<Record<Slot, Fault>>, slot: Slot): boolean {
  if (drawn[slot] !== undefined) return true;
  return drawn.answer !== undefined && slot !== "delay" && slot !== "dateOffset";
}
