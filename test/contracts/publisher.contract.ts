import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Publisher } from "../../shared/broker/ports.ts";
import type { PublishedSecret, PublishedToken, Tombstone } from "../../shared/broker/published-secret.ts";

export type PublisherUnderTest = {
  readonly publisher: Publisher;
  /** What a consumer reads now. */
  readonly current: (name: string) => Promise<unknown>;
};

export function publishedToken(generation: number): PublishedToken {
  return {
    access_token: `access-${generation}`,
    token_type: "Bearer",
    expires_at: "2026-11-22T18:00:00.000Z",
    issued_at: "2026-11-21T18:00:00.000Z",
    provider: "rd-station",
    account: "acme",
    origin: "https://api.rd.services",
    generation,
  };
}

export function tombstone(generation: number): Tombstone {
  return { provider: "rd-station", account: "acme", generation, revoked_at: "2026-11-21T18:00:00.000Z" };
}

/** What every publisher does. `create` is called once; every test works on a secret of its own. */
export function publisherContract(name: string, create: () => Promise<PublisherUnderTest>): void {
  describe(`publisher: ${name}`, () => {
    let publisher: Publisher;
    let current: PublisherUnderTest["current"];
    let tests = 0;
    const freshName = (): string => `chaveiro/rd-station/test-${++tests}`;
    beforeAll(async () => {
      ({ publisher, current } = await create());
    });

    it.each<[string, PublishedSecret]>([
      ["token", publishedToken(1)],
      ["tombstone", tombstone(1)],
    ])("publishes a first %s", async (_what, value) => {
      const secret = freshName();
      expect(await publisher.publish(secret, value)).toBe(1);
      expect(await current(secret)).toEqual(value);
    });

    it("publishes a newer generation over an older one", async () => {
      const secret = freshName();
      for (const value of [
        publishedToken(1),
        publishedToken(2),
        publishedToken(10),
        tombstone(11),
        publishedToken(12),
      ]) {
        expect(await publisher.publish(secret, value)).toBe(value.generation);
        expect(await current(secret)).toEqual(value);
      }
    });

    it("leaves a newer generation where it is, and tells which", async () => {
      const secret = freshName();
      await publisher.publish(secret, publishedToken(10));
      expect(await publisher.publish(secret, publishedToken(9))).toBe(10);
      expect(await publisher.publish(secret, tombstone(2))).toBe(10);
      expect(await current(secret)).toEqual(publishedToken(10));
    });

    it("leaves a tombstone where it is when a late token comes", async () => {
      const secret = freshName();
      await publisher.publish(secret, tombstone(5));
      expect(await publisher.publish(secret, publishedToken(4))).toBe(5);
      expect(await current(secret)).toEqual(tombstone(5));
    });

    it("does nothing when asked again", async () => {
      const secret = freshName();
      for (let time = 0; time < 3; time++) expect(await publisher.publish(secret, publishedToken(3))).toBe(3);
      expect(await current(secret)).toEqual(publishedToken(3));
    });

    it("keeps secrets apart", async () => {
      const [one, two] = [freshName(), freshName()];
      await publisher.publish(one, publishedToken(7));
      await publisher.publish(two, publishedToken(1));
      expect([await current(one), await current(two)]).toEqual([publishedToken(7), publishedToken(1)]);
    });

    it("ends on a generation that several publish at the same time", async () => {
      for (let time = 0; time < 5; time++) {
        const secret = freshName();
        await publisher.publish(secret, publishedToken(1));
        const workers = [1, 2, 3, 4].map(() => publisher.publish(secret, publishedToken(2)));
        expect(await Promise.all(workers)).toEqual([2, 2, 2, 2]);
        expect(await current(secret)).toEqual(publishedToken(2));
      }
    });

    it("ends on the newest of many that are published at the same time, in any order", async () => {
      const generations = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(generations, async (order) => {
          const secret = freshName();
          const told = await Promise.all(
            order.map((generation) => publisher.publish(secret, publishedToken(generation))),
          );
          const newest = Math.max(...order);
          expect(await current(secret)).toEqual(publishedToken(newest));
          for (const [index, generation] of order.entries()) {
            expect(told[index]).toBeGreaterThanOrEqual(generation);
            expect(told[index]).toBeLessThanOrEqual(newest);
          }
        }),
        { numRuns: 8 },
      );
    });
  });
}
