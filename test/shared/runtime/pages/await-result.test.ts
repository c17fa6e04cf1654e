import { expect, it } from "vitest";
import { awaitResult } from "../../../../shared/runtime/pages/await-result.ts";
import { brokerWorld, startedAt } from "../../../support/broker-world.ts";

/** A world in which somebody has come back from the provider, and a callback has taken the request. */
async function taken() {
  const world = brokerWorld();
  await world.authorizing(await world.ticket());
  const [reference = ""] = world.authorizations.requests.keys();
  await world.authorizations.takeRequest(reference, "callback", startedAt);
  const reads: number[] = [];
  const ports = {
    ...world.ports,
    authorizations: {
      ...world.authorizations,
      readRequest: (name: string) => {
        reads.push(world.clock.now());
        return world.authorizations.readRequest(name);
      },
    },
  };
  return { world, reference, reads, wait: () => awaitResult(ports, world.provider, reference) };
}

it("a result that is there is shown at once", async () => {
  const { world, reference, reads, wait } = await taken();
  await world.authorizations.finishRequest(reference, { result: "declined" });
  expect(await wait()).toMatchObject({ kind: "ended", request: { outcome: { result: "declined" } } });
  expect(reads).toEqual([startedAt]);
});

it("a result that comes while it is waited for is shown", async () => {
  const { world, reference, wait } = await taken();
  const waiting = wait();
  await world.authorizations.finishRequest(reference, { result: "declined" });
  expect(await waiting).toMatchObject({ kind: "ended" });
});

it("one that does not come is waited for as long as a reader waits, looking ever less often", async () => {
  const { reads, wait } = await taken();
  expect(await wait()).toMatchObject({ kind: "under-way" });
  expect(reads.map((at) => at - startedAt)).toEqual([0, 200, 600, 1_400, 2_400, 3_400, 4_400]);
});

it("a result of another provider is nobody's", async () => {
  const { world, reference } = await taken();
  await world.authorizations.finishRequest(reference, { result: "declined" });
  expect(await awaitResult(world.ports, { ...world.provider, id: "another" }, reference)).toEqual({ kind: "unknown" });
});

it("what nobody knows is not looked for twice, and what cannot be a reference not even once", async () => {
  const { world, reads } = await taken();
  expect(await awaitResult(world.ports, world.provider, "0".repeat(32))).toEqual({ kind: "unknown" });
  expect(await awaitResult(world.ports, world.provider, "../start")).toEqual({ kind: "unknown" });
  expect(world.clock.now()).toBe(startedAt);
  expect(reads).toEqual([]);
});
