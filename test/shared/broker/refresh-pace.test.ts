import { describe, expect, it } from "vitest";
import { type ProviderHealth, soundHealth } from "../../../shared/broker/provider-health.ts";
import { openPace } from "../../../shared/broker/refresh-pace.ts";
import { wholeSweep } from "../../../shared/broker/sweep-share.ts";
import { startedAt, virtualClock } from "../../support/broker-world.ts";

const endpoint = { provider: "rd-station", origin: "https://api.rd.services" };

function paced(health: Partial<ProviderHealth>) {
  const clock = virtualClock();
  const known = { ...soundHealth(endpoint.provider, endpoint.origin), ...health };
  const gate = { look: async () => known };
  const turns: number[] = [];
  return {
    turns,
    /** Takes turns until `seconds` have passed, as one of several sweeps. */
    async take(share: number, of: number, seconds: number) {
      const pace = openPace({ clock }, gate, { share, of });
      while (await pace.take(endpoint, startedAt + seconds * 1000)) turns.push(clock.now() - startedAt);
    },
    once: (latest: number) => openPace({ clock }, gate, wholeSweep).take(endpoint, startedAt + latest),
    now: () => clock.now() - startedAt,
  };
}

describe("turns", () => {
  it.each([1, 2, 3, 4])("of %i sweeps are together as far apart as those of one", async (of) => {
    const world = paced({ rate: 4 });
    await Promise.all(Array.from({ length: of }, (_, share) => world.take(share, of, 9.99)));
    expect(world.turns.length).toBe(40);
    for (const [index, at] of world.turns.entries()) expect(at).toBeCloseTo(index * 250, 0);
  });

  it("are not waited for where nothing is limited", async () => {
    const world = paced({});
    for (let time = 0; time < 100; time++) expect(await world.once(0)).toBe(true);
    expect(world.now()).toBe(0);
  });

  it("begin when the provider does not want to be left alone any longer", async () => {
    const world = paced({ limited: { at: startedAt, until: startedAt + 7_000 } });
    expect(await world.once(10_000)).toBe(true);
    expect(world.now()).toBe(7_000);
  });

  it.each<[string, Partial<ProviderHealth>]>([
    ["the provider wants to be left alone for longer", { limited: { at: startedAt, until: startedAt + 7_000 } }],
    ["the breaker is open", { open: { until: startedAt + 1, code: "provider_unavailable", tries: 1 } }],
  ])("are refused at once where %s", async (_why, health) => {
    const world = paced(health);
    expect(await world.once(6_999)).toBe(false);
    expect(world.now()).toBe(0);
  });

  it("are taken by what may find out whether the breaker still has to be open", async () => {
    const world = paced({ open: { until: startedAt, code: "provider_unavailable", tries: 1 } });
    expect(await world.once(0)).toBe(true);
  });
});
