import { expect, test } from "vitest";
import { runSandbox, settableClock } from "./running-sandbox.ts";

async function grantOf(sandbox: Awaited<ReturnType<typeof runSandbox>>) {
  const { grants } = (await sandbox.get("/grants")) as unknown as { grants: readonly Record<string, unknown>[] };
  return grants[0] ?? {};
}

test("same: the refresh token is echoed and stays", async () => {
  const sandbox = await runSandbox();
  const { refresh_token } = await sandbox.connect();
  for (let turn = 0; turn < 3; turn++) expect((await sandbox.renew(refresh_token)).refresh_token).toBe(refresh_token);
  expect(await grantOf(sandbox)).toMatchObject({ generation: 1, live_refresh_tokens: 1, redemptions: 3 });
});

test("new-old-still-valid: each answer has another refresh token, and all of them work", async () => {
  const sandbox = await runSandbox();
  await sandbox.put("/settings", { rotation: "new-old-still-valid" });
  const { refresh_token: first } = await sandbox.connect();
  const { refresh_token: second } = await sandbox.renew(first);
  expect(second).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(second).not.toBe(first);
  expect((await sandbox.refresh(first)).status).toBe(200);
  expect((await sandbox.refresh(second)).status).toBe(200);
  expect(await grantOf(sandbox)).toMatchObject({ generation: 4, live_refresh_tokens: 4 });
});

test("new-old-still-valid: a client that never stores the new one goes on for ever", async () => {
  const sandbox = await runSandbox();
  await sandbox.put("/settings", { rotation: "new-old-still-valid" });
  const { refresh_token } = await sandbox.connect();
  for (let turn = 0; turn < 150; turn++) expect((await sandbox.refresh(refresh_token)).status).toBe(200);
});

test("new-old-dies: the redeemed refresh token is dead, and presenting it ends nothing else", async () => {
  const sandbox = await runSandbox();
  await sandbox.put("/settings", { rotation: "new-old-dies" });
  const { refresh_token: first } = await sandbox.connect();
  const { refresh_token: second } = await sandbox.renew(first);
  const refused = await sandbox.refresh(first);
  expect([refused.status, refused.json["errors"]["error_type"]]).toEqual([401, "INVALID_REFRESH_TOKEN"]);
  expect((await sandbox.refresh(second)).status).toBe(200);
  expect(await grantOf(sandbox)).toMatchObject({ alive: true, live_refresh_tokens: 1 });
  expect((await sandbox.get("/counters"))["redemptions"]).toMatchObject({ dead_presented: 1, redeemed: 2 });
});

test("a grace period keeps the replaced refresh token redeemable for its seconds, and is not prolonged by use", async () => {
  const clock = settableClock();
  const sandbox = await runSandbox({ now: clock.now });
  await sandbox.put("/settings", { rotation: "new-old-dies", grace_seconds: 30 });
  const { refresh_token: first } = await sandbox.connect();
  const { refresh_token: lost } = await sandbox.renew(first);
  clock.forward(29);
  const { refresh_token: second } = await sandbox.renew(first);
  expect(second).not.toBe(lost);
  clock.forward(1);
  expect((await sandbox.refresh(first)).status).toBe(401);
  expect((await sandbox.refresh(second)).status).toBe(200);
});

test("family revocation: presenting a replaced refresh token ends the whole grant", async () => {
  const sandbox = await runSandbox();
  await sandbox.put("/settings", { rotation: "new-old-dies", family_revocation: true });
  const { refresh_token: first } = await sandbox.connect();
  const { refresh_token: second, access_token } = await sandbox.renew(first);
  await sandbox.refresh(first);
  expect((await sandbox.refresh(second)).status).toBe(401);
  expect((await sandbox.accountInfo(access_token)).status).toBe(401);
  expect(await grantOf(sandbox)).toMatchObject({ alive: false, revoked_by: "reuse", live_refresh_tokens: 0 });
});

test("family revocation spares a grant whose replaced refresh token is in its grace", async () => {
  const sandbox = await runSandbox();
  await sandbox.put("/settings", { rotation: "new-old-dies", family_revocation: true, grace_seconds: 60 });
  const { refresh_token: first } = await sandbox.connect();
  await sandbox.renew(first);
  expect((await sandbox.refresh(first)).status).toBe(200);
  expect(await grantOf(sandbox)).toMatchObject({ alive: true });
});
