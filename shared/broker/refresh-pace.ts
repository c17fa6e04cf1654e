import type { Ports } from "./ports.ts";
import { type Endpoint, endpointKey, heldUntil, isShut } from "./provider-health.ts";
import type { RefreshGate } from "./refresh-gate.ts";
import type { SweepShare } from "./sweep-share.ts";

/** Gives the refreshes of one sweep their turns, where a provider limits how many there may be. */
export type RefreshPace = {
  /**
   * Waits for the next turn at an endpoint, and takes it.
   * @param latest epoch milliseconds @returns false, at once, where the turn would come later than that, or the breaker is open
   */
  take(endpoint: Endpoint, latest: number): Promise<boolean>;
};

/**
 * Opens a pace for one sweep. Sweeps that share a provider take every turn but those of the others, so that together they
 * are as fast as one of them would be alone.
 */
export function openPace(
  ports: Pick<Ports, "clock">,
  gate: Pick<RefreshGate, "look">,
  { share, of }: SweepShare,
): RefreshPace {
  const nextTurn = new Map<string, number>();
  return {
    async take(endpoint, latest) {
      const key = endpointKey(endpoint);
      for (;;) {
        const health = await gate.look(endpoint);
        const now = ports.clock.now();
        if (isShut(health, now)) return false;
        const apart = health.rate === null ? 0 : 1000 / health.rate;
        if (apart > 0 && !nextTurn.has(key)) nextTurn.set(key, now + share * apart);
        const turn = Math.max(heldUntil(health), apart > 0 ? (nextTurn.get(key) ?? now) : now);
        if (turn > latest) return false;
        if (turn <= now) {
          if (apart > 0) nextTurn.set(key, now + of * apart);
          return true;
        }
        await ports.clock.sleep(turn - now);
      }
    },
  };
}
