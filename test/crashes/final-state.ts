import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { StackClient } from "../support/stack-client.ts";
import { atOnce } from "./at-once.ts";
import type { Observations } from "./observations.ts";
import type { SandboxWitness } from "./sandbox-witness.ts";

/** How many connections are looked at at a time. */
const concurrency = 16;

/** How often a last refresh is asked for. */
const mostTries = 10;

/** Looks at connections at rest from all sides. @returns what is not as it has to be, in sentences */
export async function shortcomings(
  client: StackClient,
  accounts: readonly string[],
  seen: Observations,
): Promise<readonly string[]> {
  const found: string[] = [];
  await atOnce(concurrency, accounts, async (account) => {
    const [metadata, token, published] = [
      await client.metadata(account),
      await client.accessToken(account),
      await client.published(account),
    ];
    await seen.generation("stored", account, async () => metadata.generation);
    await seen.generation("published", account, async () => published?.generation);
    if (metadata.status !== "active") found.push(`${account}: is ${metadata.status}`);
    if (token.status !== 200) return void found.push(`${account}: gives no token: ${token.text}`);
    const accepted = await client.callApi(token.body.access_token);
    if (accepted !== 200) found.push(`${account}: its token is answered ${accepted}`);
    if (token.body.generation !== metadata.generation) found.push(`${account}: its token is of another generation`);
    if (!isDeepStrictEqual(published, { provider: "rd-station", account, ...token.body }))
      found.push(`${account}: is at ${token.body.generation}, and what is published is of ${published?.generation}`);
  });
  return found;
}

/**
 * Refreshes every connection once more, in peace.
 *
 * @returns in sentences, which did not present the newest refresh token that was issued to them, or were never refreshed
 */
export async function refreshAll(
  client: StackClient,
  accounts: readonly string[],
  witness: SandboxWitness,
): Promise<readonly string[]> {
  await witness.collect();
  const before = witness.testimony().replays.length;
  const refused: string[] = [];
  const askedAgain = new Set<string | null>();
  await atOnce(concurrency, accounts, async (account) => {
    for (let tries = 1; ; tries++) {
      const { status, text } = await client.refresh(account);
      if (status === 200) return;
      // A machine that is too busy for one refresh; what it presents the next time says nothing any more.
      askedAgain.add(account);
      if (tries === mostTries) return void refused.push(`${account}: cannot be refreshed: ${text}`);
      await wait(1_000);
    }
  });
  await witness.collect();
  const replays = witness.testimony().replays.slice(before);
  return [...refused, ...replays.filter(({ account }) => !askedAgain.has(account)).map(({ what }) => what)];
}
