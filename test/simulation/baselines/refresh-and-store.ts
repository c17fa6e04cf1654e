import { naiveBroker, openTokens, redeemAndStore } from "./naive-broker.ts";

/** What everybody writes first: read the refresh token, redeem it, store what comes back. */
export const refreshAndStore = naiveBroker("refresh and store", async (ports, found) =>
  redeemAndStore(ports, found, await openTokens(ports, found)),
);
