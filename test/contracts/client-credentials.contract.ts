import { beforeAll, describe, expect, it } from "vitest";
import type { ClientCredentials, ClientCredentialsStore } from "../../shared/broker/ports.ts";

export type ClientCredentialsUnderTest = {
  readonly store: ClientCredentialsStore;
  /** Stores as the operator does. */
  readonly put: (provider: string, credentials: ClientCredentials) => Promise<void>;
  readonly advance: (milliseconds: number) => void;
};

const minute = 60_000;

/** What every store of client credentials does. `create` is called once; every test works on a provider of its own. */
export function clientCredentialsContract(name: string, create: () => Promise<ClientCredentialsUnderTest>): void {
  describe(`client credentials: ${name}`, () => {
    let store: ClientCredentialsStore;
    let put: ClientCredentialsUnderTest["put"];
    let advance: ClientCredentialsUnderTest["advance"];
    let tests = 0;
    const freshProvider = (): string => `provider-${++tests}`;
    const first = { clientId: "client-1", clientSecret: "secret-1" };
    const second = { clientId: "client-2", clientSecret: "secret-2" };
    beforeAll(async () => {
      ({ store, put, advance } = await create());
    });

    it("reads what the operator has stored", async () => {
      const provider = freshProvider();
      await put(provider, first);
      expect(await store.read(provider)).toEqual(first);
    });

    it("keeps providers apart", async () => {
      const [one, two] = [freshProvider(), freshProvider()];
      await put(one, first);
      await put(two, second);
      expect([await store.read(one), await store.read(two)]).toEqual([first, second]);
    });

    it("says what to do where none are stored, and sees them at once when they are", async () => {
      const provider = freshProvider();
      await expect(store.read(provider)).rejects.toMatchObject({
        name: "BrokerError",
        code: "client_credentials_rejected",
        message: expect.stringContaining(provider),
      });
      await put(provider, first);
      expect(await store.read(provider)).toEqual(first);
    });

    it("sees a change after five minutes", async () => {
      const provider = freshProvider();
      await put(provider, first);
      await store.read(provider);
      await put(provider, second);
      advance(5 * minute - 1);
      expect(await store.read(provider)).toEqual(first);
      advance(1);
      expect(await store.read(provider)).toEqual(second);
    });

    it("sees a change at once when told to forget", async () => {
      const [provider, other] = [freshProvider(), freshProvider()];
      await put(provider, first);
      await put(other, first);
      await Promise.all([store.read(provider), store.read(other)]);
      await put(provider, second);
      await put(other, second);
      store.forget(provider);
      expect([await store.read(provider), await store.read(other)]).toEqual([second, first]);
    });

    it("forgets what it does not know", () => {
      expect(() => store.forget("nobody")).not.toThrow();
    });
  });
}
