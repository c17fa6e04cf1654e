import type { Provider } from "../providers/provider.ts";
import type { ConnectionId } from "./connection-id.ts";
import { admission, heldUntil, type ProviderHealth } from "./provider-health.ts";

/** One of a lane's connections while it is attended to. */
export type Place = {
  readonly id: ConnectionId;
  /** It has its turn, or will never have one. May be said twice. */
  endWaiting(): void;
  /** @param isLeft its token endpoint would not have it in this sweep */
  leave(isLeft: boolean): void;
};

/** One provider's part of a sweep: what is due there, and how far it has come. */
export type SweepLane = {
  readonly provider: Provider;
  /** Ids that the due index has named in this sweep. */
  readonly seen: ReadonlySet<ConnectionId>;
  /** How many of them were taken. */
  taken(): number;
  /** How many of its connections are attended to just now. */
  busy(): number;
  /** True where a connection can be taken. */
  isReady(): boolean;
  /** True where the due index has to be asked: early enough that others do not take the places meanwhile. */
  isRunningOut(): boolean;
  /** True where nothing will be taken any more. */
  isOver(): boolean;
  /** Said before the index is asked; `fill` ends it. */
  beginFilling(): void;
  /** @param ids what was not seen before; none where nothing else is due */
  fill(ids: readonly ConnectionId[]): void;
  /** Takes in how the provider's token endpoint is doing. */
  adjust(health: ProviderHealth, now: number): void;
  take(): Place;
};

/**
 * How many may be attended to at once: as many as there is room for; where the provider limits us one at a time until it
 * has its turn, so that none waits in the place of another provider's; and one alone where it is to be a probe.
 */
type Width = "wide" | "paced" | "single";

/** So many in a row that had to be left due, and the rest is left, too. They are looked at for what else they need. */
const mostLeft = 128;

/** With fewer than this, the next page is asked for. */
const fewLeft = 32;

/** Opens the lane of one provider. */
export function openLane(provider: Provider): SweepLane {
  const seen = new Set<ConnectionId>();
  let queue: readonly ConnectionId[] = [];
  let taken = 0;
  let width: Width = "wide";
  let isFilling = false;
  let isClosed = false;
  let busy = 0;
  let waiting = 0;
  let leftInARow = 0;
  const inTheWay = { wide: () => 0, paced: () => waiting, single: () => busy };

  const place = (id: ConnectionId): Place => {
    let isWaiting = true;
    const endWaiting = () => {
      if (isWaiting) waiting--;
      isWaiting = false;
    };
    return {
      id,
      endWaiting,
      leave(isLeft) {
        endWaiting();
        busy--;
        leftInARow = isLeft ? leftInARow + 1 : 0;
        if (leftInARow < mostLeft) return;
        queue = [];
        isClosed = true;
      },
    };
  };

  return {
    provider,
    seen,
    taken: () => taken,
    busy: () => busy,
    isReady: () => queue.length > 0 && inTheWay[width]() === 0,
    isRunningOut: () => queue.length < fewLeft && !isFilling && !isClosed,
    isOver: () => queue.length === 0 && isClosed,
    beginFilling() {
      isFilling = true;
    },
    fill(ids) {
      isFilling = false;
      if (isClosed) return;
      isClosed = ids.length === 0;
      queue = [...queue, ...ids];
      for (const id of ids) seen.add(id);
    },
    adjust(health, now) {
      const isLimited = health.rate !== null || heldUntil(health) > now;
      width = admission(health, now).kind === "probe" ? "single" : isLimited ? "paced" : "wide";
    },
    take() {
      const [id, ...rest] = queue;
      if (id === undefined) throw new Error(`Nothing of ${provider.id} is left to be taken.`);
      queue = rest;
      taken++;
      busy++;
      waiting++;
      return place(id);
    },
  };
}

/** The lane whose turn it is: of those that have something, the one that least is done for just now. */
export function nextLane(lanes: readonly SweepLane[]): SweepLane | undefined {
  return lanes
    .filter((lane) => lane.isReady())
    .reduce<SweepLane | undefined>(
      (least, lane) => (least === undefined || lane.busy() < least.busy() ? lane : least),
      undefined,
    );
}
