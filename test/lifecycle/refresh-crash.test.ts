import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { eventually, healthy, type StackClient, stackClient } from "../support/stack-client.ts";

/*
 * A process that is killed in the middle of refreshing a connection whose refresh tokens roll, or of redeeming a key that was
 * handed in. The faults hold it at one point; the sandbox has what it has answered on disk, and comes back with the broker.
 */

// A lease of 17 seconds, a sweep, and a busy machine.
const patience = { timeout: 120_000, interval: 250 } as const;

let stack: LocalStack;
let client: StackClient;
let itflex: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
  client = stackClient(stack, "rd-station-crm");
  itflex = stackClient(stack, "itflex");
}, 90_000);

afterAll(() => stack?.dispose());

async function told(account: string): Promise<readonly unknown[]> {
  return (await client.statusChanges(account)).map(({ status, reason }) => [status, reason]);
}

/** @returns how many refresh tokens the provider has issued in an account's only grant */
async function issued(account: string): Promise<number> {
  return (await client.sandbox.grants(account))[0]?.generation ?? 0;
}

describe("a process that is killed after the provider's answer and before the commit", { timeout: 240_000 }, () => {
  const accounts = ["lost", "graced"] as const;
  /** Waits until the table takes no writes any more. */
  const slowAnswer = { kind: "delay", endpoint: "token", milliseconds: 4_500, processed: true } as const;

  beforeAll(async () => {
    for (const account of accounts) {
      await client.connect(account);
      expect(await client.refresh(account)).toMatchObject({ status: 200, body: { generation: 2 } });
    }
    const graceSeconds = { lost: 0, graced: 300 } as const;
    const held: Promise<unknown>[] = [];
    for (const account of accounts) {
      await client.sandbox.settings({ grace_seconds: graceSeconds[account] });
      await client.sandbox.aim(account, [slowAnswer]);
      const before = await issued(account);
      held.push(client.refresh(account).catch((error: unknown) => error));
      await eventually(async () => (await issued(account)) === before + 1);
    }
    const { refresh_token: key, origin } = await itflex.sandbox.handOut("keyed");
    await itflex.sandbox.aim("keyed", [slowAnswer]);
    held.push(itflex.put("keyed", key, origin).catch((error: unknown) => error));
    await eventually(async () => (await itflex.sandbox.counters()).redemptions.redeemed === 1);
    await client.aws.faults([
      { service: "dynamodb", operation: "UpdateItem", delay_milliseconds: 300_000, times: 1_000 },
    ]);
    const commitsHeld = async () => 1_000 - ((await client.aws.faultsLeft())[0]?.times ?? 0);
    await eventually(async () => (await commitsHeld()) >= held.length);

    // Answered, and nowhere stored.
    for (const account of accounts) {
      const answers = await client.sandbox.log({ account, endpoint: "token" });
      expect(answers.at(-1)).toMatchObject({ status: 200, outcome: "refreshed" });
      expect(await client.metadata(account)).toMatchObject({ status: "active", generation: 2 });
    }
    expect((await itflex.sandbox.log({ account: "keyed" })).at(-1)).toMatchObject({
      status: 200,
      outcome: "refreshed",
    });
    expect((await itflex.call("GET", "/v1/connections/itflex/keyed")).status).toBe(404);
    await stack.kill();
    for (const ended of await Promise.all(held)) expect(ended).toBeInstanceOf(Error);
    await stack.start();
  }, 180_000);

  it("has lost a refresh token that can be used once: nobody can prevent that, and its owner is asked again", async () => {
    await expect
      .poll(() => client.metadata("lost"), patience)
      .toMatchObject({ status: "reauthorization_required", reason: "lost_rotation", generation: 2 });
    expect((await client.accessToken("lost")).body.code).toBe("reauthorization_required");
    await expect
      .poll(() => told("lost"), patience)
      .toEqual([
        ["active", null],
        ["reauthorization_required", "lost_rotation"],
      ]);
    expect(await client.connect("lost")).toMatchObject({ status: "active", reason: null, generation: 3 });
    await expect.poll(() => client.standing("lost"), patience).toMatchObject({ ...healthy, liveGrants: 2 });
  });

  it("has lost nothing where the refresh token before is good for longer than a lease and a sweep", async () => {
    await expect
      .poll(() => client.standing("graced"), patience)
      .toMatchObject({ ...healthy, outcome: "succeeded", generation: 3 });
    expect(await client.refresh("graced")).toMatchObject({ status: 200, body: { status: "active", generation: 4 } });
    expect(await told("graced")).toEqual([["active", null]]);
  });

  it("has lost no key that was being handed in: the sweep redeems it again", async () => {
    await expect
      .poll(() => itflex.call("GET", "/v1/connections/itflex/keyed"), patience)
      .toMatchObject({ status: 200, body: { status: "active", generation: 1 } });
    const { body } = await itflex.accessToken("keyed");
    expect(await itflex.callApi(body.access_token, body.origin)).toBe(200);
    await expect
      .poll(async () => (await itflex.statusChanges("keyed")).map(({ status }) => status), patience)
      .toEqual(["active"]);
  });

  it("left each refresh token to be presented once more, and never twice at a time", async () => {
    const { redemptions } = await client.sandbox.counters();
    expect(redemptions).toMatchObject({ overlapping: 0, maximum_overlap: 1, dead_presented: 1 });
  });
});

describe("a process that is killed before the request has left", { timeout: 240_000 }, () => {
  it("has lost nothing: the refresh token is presented for the first time after the restart", async () => {
    const account = "unsent";
    await client.sandbox.settings({ grace_seconds: 0 });
    await client.connect(account);
    const before = await issued(account);
    // The attempt is begun, and the key to open the refresh token with does not come.
    await client.aws.faults([{ service: "kms", operation: "Decrypt", delay_milliseconds: 300_000, times: 1_000 }]);
    const held = client.refresh(account).catch((error: unknown) => error);
    await eventually(async () => ((await client.aws.faultsLeft())[0]?.times ?? 0) < 1_000);
    await stack.kill();
    expect(await held).toBeInstanceOf(Error);
    await stack.start();

    expect(await issued(account)).toBe(before);
    expect(await client.metadata(account)).toMatchObject({ status: "active", generation: 1 });
    await expect.poll(() => client.standing(account), patience).toMatchObject({ ...healthy, generation: 2 });
    expect(await issued(account)).toBe(before + 1);
    expect(await told(account)).toEqual([["active", null]]);
    expect((await client.sandbox.counters()).redemptions).toMatchObject({ presented: 1, dead_presented: 0 });
  });
});
