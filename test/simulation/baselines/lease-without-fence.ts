import { isLeased } from "../../../shared/broker/connection.ts";
import { acme } from "../world.ts";
import { naiveBroker, openTokens, overwrite, redeemAndStore } from "./naive-broker.ts";

/** What is published most: a lock with an expiry around the same, and a second look after taking it. */
export const leaseWithoutFence = naiveBroker("lease without fence", async (ports, found) => {
  if (isLeased(found, ports.clock.now())) throw new Error("Somebody else refreshes.");
  const { generation } = found;
  const leaseUntil = ports.clock.now() + 17_000;
  const attempt = { id: ports.random.id(), kind: "refresh", generation, leaseUntil, ended: false } as const;
  await ports.connections.write(acme, {
    ...overwrite({ attempt }, leaseUntil),
    guard: { sequence: found.sequence },
  });
  try {
    const locked = await ports.connections.read(acme);
    if (locked?.generation !== generation || locked.status !== "active") throw new Error("Somebody else was faster.");
    return await redeemAndStore(ports, locked, await openTokens(ports, locked));
  } catch (error) {
    await ports.connections.write(acme, overwrite({ attempt: null }, found.refreshAt));
    throw error;
  }
});
