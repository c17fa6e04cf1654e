import { expect, test } from "vitest";
import { createRequestRecorder } from "../../../../infra/local/sandbox/record/request-recorder.ts";
import { client, runSandbox } from "./running-sandbox.ts";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const redemptions = async (sandbox: Awaited<ReturnType<typeof runSandbox>>) =>
  (await sandbox.get("/counters"))["redemptions"];

test("redemptions one after the other never overlap", async () => {
  const sandbox = await runSandbox();
  const { refresh_token } = await sandbox.connect();
  for (let turn = 0; turn < 50; turn++) await sandbox.refresh(refresh_token);
  expect(await redemptions(sandbox)).toEqual({
    presented: 50,
    redeemed: 50,
    overlapping: 0,
    maximum_overlap: 1,
    behind_abandoned: 0,
    dead_presented: 0,
  });
});

test("redemptions of one refresh token at a time are seen, in all and per grant, and not those of others", async () => {
  const sandbox = await runSandbox();
  const acme = await sandbox.connect("Acme Ltda");
  const loja = await sandbox.connect("Loja do Zé");
  await sandbox.faults({ kind: "delay", milliseconds: 300, endpoint: "token" });
  const burst = [acme, acme, acme, loja].map((tokens) => sandbox.refresh(tokens.refresh_token));
  expect((await Promise.all(burst)).map((reply) => reply.status)).toEqual([200, 200, 200, 200]);
  expect(await redemptions(sandbox)).toMatchObject({ presented: 4, overlapping: 2, maximum_overlap: 3 });
  const grants = Object.values((await sandbox.get("/counters"))["grants"]);
  expect(grants).toContainEqual(expect.objectContaining({ account: "Acme Ltda", overlapping: 2, maximum_overlap: 3 }));
  expect(grants).toContainEqual(expect.objectContaining({ account: "Loja do Zé", overlapping: 0, maximum_overlap: 1 }));
});

test("the log's orders show the same overlap as the counters", async () => {
  const sandbox = await runSandbox();
  const { refresh_token } = await sandbox.connect();
  await sandbox.refresh(refresh_token);
  await sandbox.faults({ kind: "delay", milliseconds: 200, times: 2 });
  await Promise.all([sandbox.refresh(refresh_token), sandbox.refresh(refresh_token)]);
  const { entries } = (await sandbox.get("/log?endpoint=token&after=1")) as unknown as {
    entries: readonly { presented_hash: string; start_order: number; end_order: number }[];
  };
  const overlaps = entries.flatMap((one, index) =>
    entries.slice(index + 1).filter((other) => {
      const same = one.presented_hash === other.presented_hash;
      return same && one.start_order < other.end_order && other.start_order < one.end_order;
    }),
  );
  expect(entries).toHaveLength(3);
  expect(overlaps).toHaveLength(1);
  expect(await redemptions(sandbox)).toMatchObject({ overlapping: 1, maximum_overlap: 2 });
});

test("a client that hangs up ends its redemption; what comes before its effect is counted apart", async () => {
  const sandbox = await runSandbox();
  const { refresh_token } = await sandbox.connect();
  await sandbox.faults({ kind: "delay", milliseconds: 800, times: 1 });
  const { clientId: client_id, clientSecret: client_secret } = client;
  const body = new URLSearchParams({ client_id, client_secret, refresh_token });
  await sandbox.send("/auth/token", { method: "POST", body, signal: AbortSignal.timeout(150) }).catch(() => undefined);
  await pause(100);
  await sandbox.refresh(refresh_token);
  expect(await redemptions(sandbox)).toMatchObject({ presented: 2, redeemed: 1, overlapping: 0, behind_abandoned: 1 });
  await pause(800);
  await sandbox.refresh(refresh_token);
  expect(await redemptions(sandbox)).toMatchObject({ presented: 3, redeemed: 3, overlapping: 0, behind_abandoned: 1 });
  const { entries } = (await sandbox.get("/log?endpoint=token&after=1")) as unknown as { entries: readonly object[] };
  expect(entries[0]).toMatchObject({ client_gone: true, status: null, outcome: "refreshed" });
});

test("an overlap counts although the earlier one ends before the later one's body is there", () => {
  const recorder = createRequestRecorder({ now: () => 0, capacity: 10 });
  const subject = { redeems: "refresh_token", grant: "g", presentedHash: "h" } as const;
  const first = recorder.begin("token", "POST");
  first.identified(subject);
  const second = recorder.begin("token", "POST");
  first.ended();
  second.identified(subject);
  second.ended();
  const third = recorder.begin("token", "POST");
  third.identified(subject);
  expect(recorder.witness.totals()).toMatchObject({ presented: 3, overlapping: 1, maximumOverlap: 2 });
});

test("a dead refresh token that is presented is counted", async () => {
  const sandbox = await runSandbox();
  const { refresh_token } = await sandbox.connect();
  await sandbox.put("/grants", { account: "Acme Ltda", alive: false });
  await sandbox.refresh(refresh_token);
  await sandbox.refresh("unknown");
  expect(await redemptions(sandbox)).toMatchObject({ presented: 1, redeemed: 0, dead_presented: 1 });
});
