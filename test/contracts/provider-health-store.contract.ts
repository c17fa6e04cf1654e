import { beforeAll, describe, expect, it } from "vitest";
import type { ProviderHealthStore } from "../../shared/broker/ports.ts";
import { type ProviderHealth, soundHealth } from "../../shared/broker/provider-health.ts";

const origin = "https://api.rd.services";

const unwell: ProviderHealth = {
  ...soundHealth("rd-station", origin),
  sequence: 1,
  transientFailures: 3,
  clientFailures: ["rd-station/acme", "rd-station/padaria"],
  open: { until: 1_795_284_000_000, code: "client_credentials_rejected", tries: 2 },
  rate: 0.25,
  limited: { at: 1_795_283_990_000, until: 1_795_284_050_000 },
  owed: {
    "1": {
      id: `${origin}#1-1795284000000-client_credentials_rejected`,
      name: "provider.client_credentials_rejected",
      breaker: "open",
      provider: "rd-station",
      origin,
      code: "client_credentials_rejected",
      sequence: 1,
      actor: "schedule",
      at: 1_795_284_000_000,
    },
  },
};

/** What every store of the health of token endpoints does. */
export function providerHealthStoreContract(name: string, create: () => Promise<ProviderHealthStore>): void {
  describe(`provider health store: ${name}`, () => {
    let store: ProviderHealthStore;
    beforeAll(async () => {
      store = await create();
    });

    it("knows nothing of an endpoint at which nothing has failed", async () => {
      expect(await store.read({ provider: "rd-station", origin: "https://elsewhere.example" })).toBeUndefined();
    });

    it("gives back what was written", async () => {
      expect(await store.write(unwell)).toBe(true);
      expect(await store.read({ provider: "rd-station", origin })).toEqual(unwell);
      const sound = { ...soundHealth("rd-station", origin), sequence: 2 };
      expect(await store.write(sound)).toBe(true);
      expect(await store.read({ provider: "rd-station", origin })).toEqual(sound);
    });

    it("takes one of several changes of the same record", async () => {
      const other = "https://busy.example";
      const first = { ...unwell, origin: other };
      expect(await Promise.all([store.write(first), store.write(first), store.write(first)])).toContain(true);
      expect(await store.write(first)).toBe(false);
      const changes = [4, 5, 6].map((transientFailures) => ({ ...first, sequence: 2, transientFailures }));
      const written = await Promise.all(changes.map((change) => store.write(change)));
      expect(written.filter(Boolean)).toHaveLength(1);
      expect(await store.read({ provider: "rd-station", origin: other })).toEqual(changes[written.indexOf(true)]);
    });

    it("keeps providers apart that have their token endpoints at one origin", async () => {
      const shared = "https://shared.example";
      expect(await store.write({ ...unwell, origin: shared })).toBe(true);
      expect(await store.read({ provider: "rd-station-crm", origin: shared })).toBeUndefined();
      const crm = { ...soundHealth("rd-station-crm", shared), sequence: 1 };
      expect(await store.write(crm)).toBe(true);
      expect(await store.read({ provider: "rd-station-crm", origin: shared })).toEqual(crm);
      expect(await store.read({ provider: "rd-station", origin: shared })).toEqual({ ...unwell, origin: shared });
    });

    it("refuses a change of a record that it does not have", async () => {
      expect(await store.write({ ...unwell, origin: "https://new.example", sequence: 7 })).toBe(false);
    });
  });
}
