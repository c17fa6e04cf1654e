import type { SandboxFault, SandboxLogEntry, SandboxRedemptions, StackClient } from "../support/stack-client.ts";
import { isFault, lateAnswer } from "./provider-faults.ts";

/** What the provider saw of the broker's redemptions. */
export type Testimony = {
  /** Of refresh tokens, whatever became of them. */
  readonly redemptions: number;
  /** Of those, the ones that took effect. */
  readonly redeemed: number;
  /** Requests that a fault hit. */
  readonly faults: number;
  /** Refresh tokens presented although another had been issued since: its answer was lost, or its commit. */
  readonly replays: readonly { readonly account: string | null; readonly what: string }[];
  /** Redemptions whose client died while they were open. */
  readonly cutOff: number;
  /** Of those, the ones that had issued another refresh token: it went down with the broker. */
  readonly lostAnswers: number;
  /** Redemptions that began before another one of the same grant had ended and taken effect. */
  readonly overlaps: readonly string[];
  /** The sandbox's own counters. */
  readonly counted: Pick<SandboxRedemptions, "overlapping" | "maximum_overlap" | "behind_abandoned" | "dead_presented">;
};

export type SandboxWitness = {
  /** Sets the faults where the sandbox has been started since. */
  follow(): Promise<void>;
  /** Takes down what happened since the last time. To be called before a sandbox is killed. */
  collect(): Promise<void>;
  /** Takes down what happened, and ends the faults for good. */
  calm(): Promise<void>;
  testimony(): Testimony;
};

type OfRun = { readonly redemptions: SandboxRedemptions; readonly faults: number };

const pageSize = 1000;

/** Reads the sandbox's log, counters and fault hits while they are there: they end with its process. */
export function sandboxWitness(client: StackClient, faults: readonly SandboxFault[]): SandboxWitness {
  const runs = new Map<string, OfRun>();
  const overlaps: string[] = [];
  const replays: { readonly account: string | null; readonly what: string }[] = [];
  const tally = { redemptions: 0, redeemed: 0, cutOff: 0, lostAnswers: 0 };
  let run = "";
  let position = 0;
  let isCalm = false;
  let ends = new Map<string, number>();
  let newest = new Map<string, number>();

  const take = (entry: SandboxLogEntry) => {
    const { account, grant, generation } = entry;
    if (entry.redeems !== "refresh_token" || grant === null || generation === null) return;
    const end = ends.get(grant) ?? 0;
    if (entry.start_order < end) overlaps.push(`${account}: request ${entry.number} of ${entry.started_at}`);
    // An effect may come after its client has gone. Until then the redemption is outstanding.
    ends.set(grant, Math.max(end, entry.end_order ?? 0, entry.process_order ?? 0));
    const isCutOff = entry.client_gone && !entry.faults.includes(lateAnswer);
    tally.redemptions++;
    if (entry.outcome === "refreshed") tally.redeemed++;
    const latest = newest.get(grant) ?? 0;
    if (generation < latest)
      replays.push({ account, what: `${account}: presented refresh token ${generation} after ${latest} was issued` });
    if (isCutOff) tally.cutOff++;
    if (isCutOff && (entry.issued_generation ?? 0) > generation) tally.lostAnswers++;
    newest.set(grant, Math.max(latest, generation, entry.issued_generation ?? 0));
  };
  const readLog = async () => {
    for (;;) {
      const entries = await client.sandbox.log({ endpoint: "token", after: position, limit: pageSize });
      for (const entry of entries) {
        // The next look begins with it.
        if (entry.end_order === null || entry.outcome === null) return;
        take(entry);
        position = entry.number;
      }
      if (entries.length < pageSize) return;
    }
  };
  const collect = async () => {
    const [{ redemptions, run: current }, set] = [await client.sandbox.counters(), await client.sandbox.faults()];
    if (current !== run) {
      run = current;
      position = 0;
      ends = new Map();
      newest = new Map();
    }
    const hits = set.reduce((sum, fault) => sum + (isFault(String(fault["id"])) ? fault.hits : 0), 0);
    runs.set(run, { redemptions, faults: isCalm ? (runs.get(run)?.faults ?? 0) : hits });
    await readLog();
  };
  return {
    collect,
    async follow() {
      if ((await client.sandbox.counters()).run === run) return;
      await client.sandbox.faults(faults);
      await collect();
    },
    async calm() {
      await collect();
      isCalm = true;
      await client.sandbox.faults([]);
    },
    testimony: () => {
      const all = [...runs.values()];
      const sum = (of: (one: OfRun) => number) => all.reduce((total, one) => total + of(one), 0);
      return {
        ...tally,
        faults: sum((one) => one.faults),
        overlaps,
        replays,
        counted: {
          overlapping: sum((one) => one.redemptions.overlapping),
          maximum_overlap: Math.max(...all.map((one) => one.redemptions.maximum_overlap)),
          behind_abandoned: sum((one) => one.redemptions.behind_abandoned),
          dead_presented: sum((one) => one.redemptions.dead_presented),
        },
      };
    },
  };
}
