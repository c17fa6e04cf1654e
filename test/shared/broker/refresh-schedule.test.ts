import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMilliseconds, hashFraction, lateReplayAt, refreshAt } from "../../../shared/broker/refresh-schedule.ts";
import { startedAt as issuedAt } from "../../support/broker-world.ts";

const hour = 3_600_000;
const accounts = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/).map((account) => `rd-station/${account}`);
const lives = fc.integer({ min: 1, max: 400 * 24 * hour });

describe("refreshing ahead", () => {
  it("falls into 75 to 90 % of the token's life, 60 to 75 % of a life up to an hour", () => {
    fc.assert(
      fc.property(accounts, lives, (id, life) => {
        const share = (refreshAt(id, { issuedAt, expiresAt: issuedAt + life }) - issuedAt) / life;
        const from = life <= hour ? 0.6 : 0.75;
        // Times are whole milliseconds, rounded down.
        expect(share).toBeGreaterThan(from - 1 / life);
        expect(share).toBeLessThanOrEqual(from + 0.15);
      }),
    );
  });

  it("is at the same time for the same token whoever asks", () => {
    fc.assert(
      fc.property(accounts, lives, (id, life) => {
        const tokens = { issuedAt, expiresAt: issuedAt + life };
        expect(refreshAt(id, tokens)).toBe(refreshAt(id, { ...tokens }));
      }),
    );
  });

  it("spreads connections made in one moment over the whole window", () => {
    const tokens = { issuedAt, expiresAt: issuedAt + 24 * hour };
    const minutes = new Map<number, number>();
    for (let account = 0; account < 20_000; account++) {
      const minute = Math.floor(refreshAt(`rd-station/tenant-${account}`, tokens) / 60_000);
      minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
    }
    expect(minutes.size).toBe(216);
    expect(Math.max(...minutes.values())).toBeLessThan((3 * 20_000) / 216);
  });
});

describe("the hash of an id", () => {
  it("is a fraction", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(hashFraction(text)).toBeGreaterThanOrEqual(0);
        expect(hashFraction(text)).toBeLessThan(1);
      }),
    );
  });

  it("is FNV-1a", () => {
    expect(hashFraction("")).toBe(0x811c9dc5 / 2 ** 32);
    expect(hashFraction("foobar")).toBe(0xbf9cf968 / 2 ** 32);
  });
});

describe("a backoff", () => {
  const tries = fc.integer({ min: 1, max: 10_000 });
  const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it("is between one second and ten minutes", () => {
    fc.assert(
      fc.property(tries, fraction, (count, jitter) => {
        const pause = backoffMilliseconds(count, jitter, undefined);
        expect(pause).toBeGreaterThanOrEqual(1_000);
        expect(pause).toBeLessThanOrEqual(600_000);
      }),
    );
  });

  it("doubles, half of it jitter", () => {
    const bounds = (count: number) => [
      backoffMilliseconds(count, 0, undefined),
      backoffMilliseconds(count, 1, undefined),
    ];
    expect([1, 2, 3, 9, 10, 11].map(bounds)).toEqual([
      [1_000, 2_000],
      [2_000, 4_000],
      [4_000, 8_000],
      [256_000, 512_000],
      [300_000, 600_000],
      [300_000, 600_000],
    ]);
  });

  it("is never shorter than the provider asked for", () => {
    fc.assert(
      fc.property(tries, fraction, fc.integer({ min: 0, max: hour }), (count, jitter, asked) => {
        const own = backoffMilliseconds(count, jitter, undefined);
        expect(backoffMilliseconds(count, jitter, asked)).toBe(Math.max(own, asked));
      }),
    );
  });
});

describe("a late replay", () => {
  it("leaves a tenth of the token's life", () => {
    expect(lateReplayAt({ issuedAt, expiresAt: issuedAt + 900_000 })).toBe(issuedAt + 810_000);
  });

  it("is never after the expiry", () => {
    fc.assert(
      fc.property(lives, (life) => {
        const replay = lateReplayAt({ issuedAt, expiresAt: issuedAt + life });
        expect(replay).toBeLessThanOrEqual(issuedAt + life);
        expect(replay).toBeGreaterThanOrEqual(issuedAt + life * 0.9 - 1);
      }),
    );
  });
});
