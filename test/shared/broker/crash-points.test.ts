import { describe, expect, it } from "vitest";
import { type Connection, dueAt } from "../../../shared/broker/connection.ts";
import { fingerprint } from "../../../shared/broker/read-access-token.ts";
import { acme, type BrokerWorld, brokerWorld, type Rotation, rest } from "../../support/broker-world.ts";

type Work = () => Promise<unknown>;

/** What may be under way when its process dies. Each prepares a world and gives the work to die in. */
const scenarios: Readonly<Record<string, (world: BrokerWorld) => Promise<Work>>> = {
  "a scheduled refresh": async (world) => {
    await world.connect();
    world.until(world.stored().refreshAt);
    return () => world.sweep();
  },
  "a reader's refresh": async (world) => {
    await world.connect();
    world.expire();
    return () => world.read();
  },
  "a refresh of a rejected token": async (world) => {
    await world.connect();
    const { access_token } = await world.read();
    return () => world.read({ rejected: fingerprint(access_token) });
  },
  "an operator's refresh": async (world) => {
    await world.connect();
    return () => world.refreshNow();
  },
  "a revocation": async (world) => {
    await world.connect();
    return () => world.revoke();
  },
  "a revocation after the access token expired": async (world) => {
    await world.connect();
    world.expire();
    return () => world.revoke();
  },
  "a forced revocation": async (world) => {
    await world.connect();
    return () => world.revoke({ force: true });
  },
  "an import": async (world) => {
    const grant = world.server.grant();
    return () => world.import(grant.refreshToken);
  },
  "an import over a connection": async (world) => {
    await world.connect();
    const grant = world.server.grant("Another");
    return () => world.import(grant.refreshToken);
  },
  "an import over a revoked connection": async (world) => {
    await world.connect();
    await world.revoke();
    const grant = world.server.grant();
    return () => world.import(grant.refreshToken);
  },
  "an authorization": async (world) => {
    const callback = await world.authorizing(await world.ticket());
    const code = world.server.code();
    return () => callback({ code });
  },
  "an authorization of a connection that is being revoked": async (world) => {
    await world.connect();
    world.server.revocationAnswer = () => new Response(null, { status: 503 });
    await world.revoke();
    world.server.revocationAnswer = undefined;
    world.clock.advance(1);
    const callback = await world.authorizing(await world.ticket());
    const code = world.server.code();
    return () => callback({ code });
  },
};

type Moment = "before" | "after";

/** Runs the work until its process dies around the call with that number. @returns that call, where there was one */
async function die(world: BrokerWorld, work: Work, at: number, moment: Moment): Promise<string | undefined> {
  let count = 0;
  let fatal: string | undefined;
  let over = false;
  world.faults.intercept(async (call, run) => {
    count++;
    if (count === at) fatal = `${call} (${at}), ${moment} it`;
    if (count < at || (count === at && moment === "after")) {
      const result = await run();
      if (count < at) return result;
    }
    return new Promise(() => undefined);
  });
  work().then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  while (fatal === undefined && !over) await rest();
  await rest();
  world.faults.intercept(undefined);
  return fatal;
}

/** What is not as it should be after the next sweeps. */
async function unresolved(world: BrokerWorld, connection: Connection, isLost: boolean): Promise<readonly string[]> {
  const found: string[] = [];
  const expected = isLost ? ["reauthorization_required", "revoked"] : ["active", "revoked", "unconnected"];
  if (!expected.includes(connection.status)) found.push(connection.status);
  if (isLost && connection.status !== "revoked" && connection.reason !== "lost_rotation")
    found.push(`${connection.reason}`);
  if (connection.attempt !== null && !connection.attempt.ended) found.push(`an open ${connection.attempt.kind}`);
  if (connection.candidate !== null && !connection.candidate.refused) found.push("a candidate");
  if (Object.keys(connection.owed).length > 0) found.push("debts");
  if (world.dueAt() !== dueAt(connection)) found.push("a wrong index key");
  if ((world.dueAt() ?? Number.POSITIVE_INFINITY) <= world.clock.now()) found.push("an index key in the past");
  if (connection.status !== "unconnected" && world.told().at(-1) !== connection.status) found.push("an event missing");
  if (connection.secretName !== null && world.published()?.generation !== connection.generation)
    found.push("unpublished");
  if (world.server.overlaps > 0) found.push("overlapping redemptions");
  if (connection.status === "active") {
    const { refreshToken } = await world.tokens();
    if (world.server.grantOf(refreshToken)?.alive !== true) found.push("a dead grant");
  }
  return found;
}

/** True where the provider has rotated and nobody holds the successor: lost for any client in the world. */
async function isSuccessorLost(world: BrokerWorld, rotation: Rotation): Promise<boolean> {
  if (rotation === "same" || rotation === "new-old-still-valid") return false;
  const stored = world.connections.items.get(acme)?.connection;
  if (stored === undefined || stored.tokens === null) return false;
  const { refreshToken } = await world.tokens();
  return world.server.grantOf(refreshToken)?.refreshToken !== refreshToken;
}

const rotations: readonly Rotation[] = ["same", "new-old-still-valid", "single-use", "single-use-family"];

describe.each(rotations)("where refresh tokens are: %s", (rotation) => {
  it.each(Object.keys(scenarios))("the death of %s, anywhere, is resolved by the sweeps", async (name) => {
    const left: string[] = [];
    for (const moment of ["before", "after"] as const) {
      for (let at = 1; ; at++) {
        const world = brokerWorld({ rotation });
        const work = await scenarios[name]?.(world);
        const fatal = work && (await die(world, work, at, moment));
        if (fatal === undefined) break;
        const isLost = await isSuccessorLost(world, rotation);
        for (let round = 0; round < 3; round++) await world.sweepLater();
        const stored = world.connections.items.get(acme)?.connection;
        if (rotation === "single-use-family" && stored?.unknown === true) {
          world.until((stored.expiresAt ?? 0) - 8_640_000);
          await world.sweep();
          await world.sweepLater();
        }
        const candidate = world.connections.items.get(acme)?.connection.candidate;
        if (candidate != null && !candidate.refused) {
          world.until(candidate.retryAt);
          await world.sweep();
          await world.sweepLater();
        }
        const found = world.connections.items.size === 0 ? [] : await unresolved(world, world.stored(), isLost);
        if (found.length > 0) left.push(`${fatal}: ${found.join(", ")}`);
        world.expectNoLeak();
      }
    }
    expect(left).toEqual([]);
  });
});
