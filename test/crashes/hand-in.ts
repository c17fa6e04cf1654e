import { setTimeout as wait } from "node:timers/promises";
import { eventually, type StackClient } from "../support/stack-client.ts";

/** How long an operator waits before looking whether an import that was cut off has come to something, in milliseconds. */
const pause = 1_000;

/** Longest that an import may take in all, in milliseconds. */
const patience = 120_000;

/**
 * Connects an account from a refresh token, at a broker that may die over it: where the answer says that the outcome is
 * not known, or there is none, the operator looks whether the connection is there, and hands the token in again.
 *
 * @throws Error where the broker refuses for good, or it takes too long
 */
export async function handIn(client: StackClient, account: string): Promise<void> {
  const refreshToken = await eventually(() => client.sandbox.refreshToken(account));
  for (const givesUpAt = Date.now() + patience; Date.now() < givesUpAt; ) {
    const reply = await client.put(account, refreshToken).catch(() => undefined);
    if (reply?.status === 200 || reply?.status === 201) return;
    if (reply !== undefined && reply.status < 500) throw new Error(`${account} was refused: ${reply.text}`);
    await wait(pause);
    const found = await client.call("GET", `/v1/connections/rd-station/${account}`).catch(() => undefined);
    if (found?.status === 200) return;
  }
  throw new Error(`${account} could not be connected.`);
}
