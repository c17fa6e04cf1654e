import { randomBytes } from "node:crypto";
import type { Performed, Subject } from "../http/endpoint.ts";
import { shortHash } from "../token-hash.ts";
import type { LogEntry } from "./log-entry.ts";
import { createRedemptionWitness, type Redemption, type RedemptionWitness } from "./redemption-witness.ts";
import { createRequestCounters, type RequestCounters } from "./request-counters.ts";
import { createRequestLog, type RequestLog } from "./request-log.ts";

/** One request, told step by step. */
export type RequestRecord = {
  identified(subject: Subject): void;
  hit(faults: readonly string[]): void;
  /** Took effect. Called in the same turn as the effect, before any wait. */
  performed(performed: Performed): void;
  issuedAccessToken(hash: string): void;
  /** Will have no effect. */
  dropped(outcome: string): void;
  /** The answer is about to be written; null where none will be. */
  answering(status: number | null): void;
  /** The answer was written or the connection has gone. */
  ended(): void;
};

export type RequestRecorder = {
  /** Changes with every start of the process: log and counters begin anew with it. */
  readonly run: string;
  /** Epoch milliseconds since when the counters count. */
  since(): number;
  readonly log: RequestLog;
  readonly counters: RequestCounters;
  readonly witness: RedemptionWitness;
  begin(endpoint: string, method: string): RequestRecord;
  clear(what: "counters" | "log"): void;
};

/**
 * Log, counters and the overlap witness, fed from one place so that they cannot disagree.
 *
 * @param options.now epoch milliseconds.
 * @param options.capacity log entries kept.
 */
export function createRequestRecorder(options: {
  readonly now: () => number;
  readonly capacity: number;
}): RequestRecorder {
  const { now } = options;
  const log = createRequestLog(options.capacity);
  const counters = createRequestCounters();
  const witness = createRedemptionWitness();
  let since = now();
  let number = 0;
  let order = 0;

  function begin(endpoint: string, method: string): RequestRecord {
    const mine = ++number;
    const startOrder = ++order;
    let redemption: Redemption | undefined;
    let settled = false;
    let answered = false;
    let over = false;
    let status: number | null = null;
    let faults: readonly string[] = [];
    counters.began(endpoint);
    log.add({ ...blank, number: mine, endpoint, method, startedAt: now(), startOrder });

    function settle(outcome: string, effect: boolean): void {
      if (settled) return;
      settled = true;
      if (redemption !== undefined && over) witness.settledAbandoned(redemption);
      if (redemption !== undefined && outcome === "refreshed") witness.redeemed(redemption);
      if (redemption !== undefined && outcome === "dead-refresh-token") witness.deadPresented(redemption);
      counters.outcome(endpoint, outcome);
      log.change(mine, { outcome, ...(effect ? { processedAt: now(), processOrder: ++order } : {}) });
    }

    return {
      identified(subject) {
        log.change(mine, subjectOf(subject));
        if (subject.redeems !== "refresh_token" || !subject.grant || !subject.presentedHash) return;
        redemption = { grant: subject.grant, presentedHash: subject.presentedHash, startOrder };
        witness.began(redemption);
      },
      hit(ids) {
        faults = ids;
        if (ids.length > 0) log.change(mine, { faults: ids });
      },
      performed({ outcome, learned, issued }) {
        settle(outcome, true);
        log.change(mine, {
          ...(learned === undefined ? {} : subjectOf(learned)),
          issuedGeneration: issued?.generation ?? null,
          issuedRefreshHash: issued === undefined ? null : shortHash(issued.refreshHash),
        });
      },
      issuedAccessToken: (hash) => log.change(mine, { issuedAccessHash: shortHash(hash) }),
      dropped: (outcome) => settle(outcome, false),
      answering(sent) {
        answered = true;
        if (!over) status = sent;
      },
      ended() {
        if (over) return;
        over = true;
        const endOrder = ++order;
        if (redemption !== undefined) witness.ended(redemption, endOrder, !settled);
        counters.ended(endpoint, status, faults.length > 0);
        log.change(mine, { endedAt: now(), endOrder, status, clientGone: !answered });
      },
    };
  }

  return {
    run: randomBytes(6).toString("hex"),
    since: () => since,
    log,
    counters,
    witness,
    begin,
    clear(what) {
      if (what === "log") {
        log.clear();
        return;
      }
      counters.clear();
      witness.clear();
      since = now();
    },
  };
}

const blank: LogEntry = {
  number: 0,
  endpoint: "",
  method: "",
  startedAt: 0,
  processedAt: null,
  endedAt: null,
  startOrder: 0,
  processOrder: null,
  endOrder: null,
  status: null,
  outcome: null,
  faults: [],
  clientGone: false,
  account: null,
  grant: null,
  redeems: null,
  presentedHash: null,
  generation: null,
  issuedGeneration: null,
  issuedRefreshHash: null,
  issuedAccessHash: null,
};

function subjectOf(subject: Subject): Partial<LogEntry> {
  return {
    ...(subject.account === undefined ? {} : { account: subject.account }),
    ...(subject.grant === undefined ? {} : { grant: subject.grant }),
    ...(subject.redeems === undefined ? {} : { redeems: subject.redeems }),
    ...(subject.presentedHash === undefined ? {} : { presentedHash: shortHash(subject.presentedHash) }),
    ...(subject.generation === undefined ? {} : { generation: subject.generation }),
  };
}
