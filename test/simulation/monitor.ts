import type { Connection } from "../../shared/broker/connection.ts";
import { BrokerError } from "../../shared/broker/error.ts";
import type { PublishedSecret } from "../../shared/broker/published-secret.ts";
import { type AccessToken, type AccessTokenRequest, fingerprint } from "../../shared/broker/read-access-token.ts";
import { type Redemption, secretMark } from "./authorization-server.ts";
import { Fault, type WorkerWatcher } from "./execution.ts";
import type { Fate } from "./fates.ts";
import type { Finding, FindingKind } from "./findings.ts";
import type { LossCause } from "./provider-kinds.ts";
import type { EffectWatcher } from "./worker-ports.ts";
import { secretName, stored, type World } from "./world.ts";

/** A refresh token that the server gave for another, and what became of it. */
export type Received = {
  readonly worker: number;
  readonly chain: number | undefined;
  readonly issued: string;
  readonly accessToken: string;
  /** The generation that its worker had seen last. */
  readonly generation: number;
  isStored: boolean;
  /** The fault that kept it from being stored. */
  cause: LossCause | null;
};

/** What has to be told to the world, in this order. */
export type Change = { readonly status: string; readonly isAuthorization: boolean };

/** What a worker is there for, as far as it decides what it may do. */
export type Purpose = "refresh" | "authorize" | "import" | "revoke";

type WorkerState = {
  /** The refresh token of a redemption whose answer it has not acted upon. */
  redeeming: string | null;
  seenGeneration: number;
  /** The server has refused its refresh token; `confirmed` once it has read the connection again. */
  refusal: "none" | "heard" | "confirmed";
  /** It stood still in the middle of the call that it makes now. */
  isLate: boolean;
  hasFrozen: boolean;
  /** What it brings was there before the last revocation, and must not undo it. */
  isOutdated: boolean;
  hasStarted: boolean;
  /** The access token that it got for a code. */
  exchanged: string | null;
  /** Names what it has stored last. */
  committed: string | null;
};

const idle: WorkerState = {
  redeeming: null,
  seenGeneration: 0,
  refusal: "none",
  isLate: false,
  hasFrozen: false,
  isOutdated: false,
  hasStarted: false,
  exchanged: null,
  committed: null,
};

/** What a reader may lose of the life it asked for because it stood still with the answer in its hands, in milliseconds. */
const mostStandstill = 120_000;

/** The names of the workers begin the ids that they make. */
export const names = "abcd";

/** True where the worker was told that what it brought was not taken, and not only that something failed. */
function isRefusal(result: { readonly value: unknown } | { readonly error: unknown }): boolean {
  if ("error" in result) return result.error instanceof BrokerError;
  return JSON.stringify(result.value ?? null).includes('"result":"failed"');
}

function isAuthorized(result: { readonly value: unknown } | { readonly error: unknown }): boolean {
  return "value" in result && JSON.stringify(result.value ?? null).includes('"result":"authorized"');
}

export type Monitor = ReturnType<typeof createMonitor>;

/**
 * Watches every effect of an execution and notes what must not be. What can only be judged at the end is in
 * `judgement.ts`.
 *
 * @param requests what each worker that reads asks for
 */
export function createMonitor(
  world: World,
  purposes: readonly Purpose[],
  requests: readonly (AccessTokenRequest | undefined)[],
) {
  const toldBefore = new Set(world.events.sent.map(({ event }) => event.id));
  const findings: Finding[] = [];
  const received: Received[] = [];
  const changes: Change[] = [];
  /** Access tokens that are, or were, in the store. */
  const durable = new Set(world.server.state.access.keys());
  /** Candidates that were there when the connection was revoked. */
  const outdatedCandidates = new Set<string>();
  /** A code's tokens were stored. */
  let hasAuthorized = false;
  let wasRevocationLate = false;
  let familyEndedBy: LossCause | "nobody knows" | null = null;
  const workers = purposes.map((): WorkerState => ({ ...idle }));

  const note = (kind: FindingKind, text: string) => {
    findings.push({ kind, text });
  };
  const state = (worker: number) => workers[worker] as WorkerState;
  const lastReceived = (worker: number) => received.findLast((one) => one.worker === worker);

  const workerWatcher: WorkerWatcher = {
    started(worker) {
      state(worker).hasStarted = true;
    },
    acted(worker, call, fate) {
      const own = state(worker);
      own.isLate = own.isLate && call.name.startsWith("provider.") && fate !== "freeze before";
      if (fate === "freeze before") own.isLate = true;
      if (fate.startsWith("freeze")) own.hasFrozen = true;
      if (call.name !== "provider.redeem" && !call.name.startsWith("answer of")) own.redeeming = null;
    },
    died(worker) {
      for (const one of received) {
        if (one.worker === worker && !one.isStored) one.cause ??= "death before the commit arrived";
      }
      Object.assign(state(worker), idle);
    },
    ended(worker, result) {
      const own = state(worker);
      const isConnecting = purposes[worker] === "authorize" || purposes[worker] === "import";
      const isThere = own.committed !== null && stored(world)?.committedBy === own.committed;
      if (isConnecting && isThere && isRefusal(result)) {
        note("bad answer", "it was stored, and who brought it is told that it was not");
      }
      if (purposes[worker] === "authorize" && !hasAuthorized && isAuthorized(result)) {
        note("bad answer", "nothing was stored, and the account's owner is told that it was");
      }
      Object.assign(own, idle);
      if ("error" in result) checkError(result.error);
      else checkAnswer(result.value, requests[worker]);
    },
  };

  function checkError(error: unknown) {
    if (String(error).includes(secretMark)) note("secret leaked", `in an error: ${String(error)}`);
    const isKnown = error instanceof Fault || error instanceof BrokerError;
    if (!isKnown || (error instanceof BrokerError && error.message.includes("although"))) {
      note("bad answer", `an error without a name: ${String(error)}`);
    }
  }

  /** A reader's answer is a token that lives as long as was asked, is stored, and is not the one that was rejected. */
  function checkAnswer(value: unknown, request: AccessTokenRequest | undefined) {
    if (request === undefined) return;
    const { access_token: token, expires_at: expiresAt } = value as AccessToken;
    const life = Date.parse(expiresAt) - world.now;
    if (life <= 0) note("bad answer", "an access token that has expired");
    if (life < (request.minimumSeconds ?? 0) * 1000 - mostStandstill)
      note("bad answer", "less life than was asked for");
    if (request.rejected === fingerprint(token)) note("bad answer", "the very token that was rejected");
    if (!durable.has(token)) note("seen before durable", "a reader was given a token that was not stored");
  }

  function effects(worker: number): EffectWatcher {
    const own = state(worker);
    return {
      saw(connection) {
        own.seenGeneration = connection?.generation ?? 0;
        if (own.refusal === "heard") own.refusal = "confirmed";
      },
      wrote(before, after) {
        if (after.generation < (before?.generation ?? 0)) note("newer generation replaced", "the generation went down");
        const isCommit = after.tokens !== null && after.tokens.jwe !== before?.tokens?.jwe;
        const tookCandidate = before !== undefined && before.candidate !== null && after.candidate === null;
        const isAuthorization = isCommit && (tookCandidate || purposes[worker] === "authorize");
        hasAuthorized ||= isCommit && purposes[worker] === "authorize";
        if (isCommit) committed(worker, before, after, tookCandidate || purposes[worker] === "import");
        if (after.status !== before?.status) changedStatus(worker, before, after);
        if (after.status !== "unconnected" && (after.status !== before?.status || isAuthorization)) {
          changes.push({ status: after.status, isAuthorization });
        }
      },
      sent(refreshToken) {
        own.refusal = "none";
        for (const [index, other] of workers.entries()) {
          if (index === worker || other.redeeming !== refreshToken || other.hasFrozen || own.hasFrozen) continue;
          note("redemptions overlapping", `workers ${index} and ${worker} present the same refresh token`);
        }
        own.redeeming = refreshToken;
      },
      redeemed(redemption, fate) {
        noteRedemption(worker, redemption, fate);
      },
      exchanged({ status, body }) {
        if (status === 200) own.exchanged = (JSON.parse(body) as { readonly access_token: string }).access_token;
      },
      revoked() {
        if (own.isLate) wasRevocationLate = true;
      },
      published(before, after) {
        if (after === before || after === undefined) return;
        const previous = readVersion(before);
        const value = readVersion(after);
        if (value === undefined) return;
        if (previous !== undefined && value.generation < previous.generation) {
          note("published out of order", `generation ${value.generation} after ${previous.generation}`);
        }
        if ("access_token" in value && !durable.has(value.access_token)) {
          note("seen before durable", "a token was published that was not stored");
        }
      },
      logged(text) {
        if (text.includes(secretMark)) note("secret leaked", `in a log line: ${text}`);
      },
    };
  }

  function readVersion(id: string | undefined): PublishedSecret | undefined {
    const text = id === undefined ? undefined : world.versions.secrets.get(secretName)?.versions.get(id);
    return text === undefined ? undefined : (JSON.parse(text) as PublishedSecret);
  }

  function noteRedemption(worker: number, { presented, issued, answer }: Redemption, fate: Fate) {
    const own = state(worker);
    const chain = world.server.chainOf(presented);
    if (issued === null) {
      own.refusal = "heard";
      if (world.kind.replaced === "ends the family" && familyEndedBy === null) {
        const known = received.find((one) => one.chain === chain && one.cause !== null)?.cause;
        familyEndedBy = known ?? (own.isLate ? "frozen between the clock and the wire" : "nobody knows");
      }
      return;
    }
    const cause: LossCause | null =
      fate === "reply lost" || fate === "unreadable"
        ? "the answer was lost"
        : fate === "crash after"
          ? "death right after the answer"
          : null;
    const { access_token: accessToken } = JSON.parse(answer.body) as { readonly access_token: string };
    received.push({ worker, chain, issued, accessToken, generation: own.seenGeneration, isStored: false, cause });
  }

  /** A token set was stored. Where it came from a refresh, the generation it replaces is the one that was spent for it. */
  function committed(worker: number, before: Connection | undefined, after: Connection, isHandedIn: boolean) {
    const last = lastReceived(worker);
    state(worker).committed = after.committedBy;
    if (after.generation <= (before?.generation ?? 0)) {
      note("newer generation replaced", "a token set was stored without a new generation");
    }
    if (last === undefined || last.isStored) {
      // A code was exchanged for it. It replaces whatever there is.
      durable.add(state(worker).exchanged ?? "");
      return;
    }
    last.isStored = true;
    durable.add(last.accessToken);
    const consumed = [before?.generation, before?.revocation?.revokedGeneration];
    if (!isHandedIn && !consumed.includes(last.generation)) {
      note("newer generation replaced", `${last.generation} was spent, and ${before?.generation} replaced`);
    }
  }

  function changedStatus(worker: number, before: Connection | undefined, after: Connection) {
    const own = state(worker);
    const isAlive = after.status === "active" || after.status === "degraded";
    if (after.status === "revoking" || after.status === "revoked") {
      if (before?.status === "revoking") return;
      if (before?.candidate != null) outdatedCandidates.add(before.candidate.id);
      // Tickets were issued before anybody started; what is handed in counts from when its worker starts.
      for (const [index, purpose] of purposes.entries()) {
        const other = state(index);
        if (purpose === "authorize" || other.hasStarted) other.isOutdated = true;
      }
      return;
    }
    if (isAlive && (before?.status === "revoking" || before?.status === "revoked")) {
      const hasNewCandidate = before.candidate !== null && !outdatedCandidates.has(before.candidate.id);
      const isNewer = hasNewCandidate || (purposes[worker] === "authorize" && !own.isOutdated) || isNewImport(worker);
      if (!isNewer) note("revived", `from ${before.status} to ${after.status} by ${purposes[worker]}`);
    }
    if (after.status !== "reauthorization_required") return;
    if (own.refusal !== "confirmed") note("condemned though usable", "without the provider's word, or a second look");
    if (before?.attempt?.id !== after.attempt?.id || !after.attempt?.id.startsWith(names.charAt(worker))) {
      note("condemned though usable", "while somebody else was at it");
    }
  }

  /** Of a baseline: ours hold a candidate while they import. */
  function isNewImport(worker: number): boolean {
    return purposes[worker] === "import" && !state(worker).isOutdated && outdatedCandidates.size === 0;
  }

  return {
    findings,
    received,
    changes,
    toldBefore,
    note,
    watcher: workerWatcher,
    effects,
    get wasRevocationLate() {
      return wasRevocationLate;
    },
    get familyEndedBy() {
      return familyEndedBy;
    },
    fingerprint: () =>
      JSON.stringify([
        [received, changes, workers, findings],
        [wasRevocationLate, familyEndedBy, hasAuthorized],
        [[...durable], [...outdatedCandidates]],
      ]),
  };
}
