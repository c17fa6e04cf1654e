import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../../../../infra/local/sandbox/start-sandbox.ts";
import { crmClient, providerAt, sandboxOptions, type Tokens } from "./running-sandbox.ts";

/** Starts a sandbox on a directory again and again; the one before ends first. */
function restartable() {
  const directory = mkdtempSync(join(tmpdir(), "sandbox-"));
  let close = async () => {};
  onTestFinished(async () => {
    await close();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    async start(provider: string) {
      await close();
      const sandbox = await startSandbox({ ...sandboxOptions, dataDirectory: directory });
      close = sandbox.close;
      return providerAt(sandbox.url, provider);
    },
    read: (file: string) => readFileSync(join(directory, file), "utf8"),
  };
}

type Provider = ReturnType<typeof providerAt>;

test("RD Station CRM's pairs survive a restart, by hash, and the old one stays dead", async () => {
  const credentials = { client_id: crmClient.clientId, client_secret: crmClient.clientSecret };
  const refresh = (crm: Provider, refresh_token: string) =>
    crm.send("/oauth2/token", {
      method: "POST",
      body: new URLSearchParams({ ...credentials, grant_type: "refresh_token", refresh_token }),
    });
  const contacts = async (crm: Provider, token: string) =>
    (await crm.send("/crm/v2/contacts", { headers: { authorization: `Bearer ${token}` } })).status;
  const sandbox = restartable();
  const first = await sandbox.start("rd-station-crm");
  const handed = await first.refreshToken("Acme Ltda");
  const old = (await refresh(first, handed)).json as unknown as Tokens;
  const pair = (await refresh(first, old.refresh_token)).json as unknown as Tokens;
  const second = await sandbox.start("rd-station-crm");
  expect([await contacts(second, old.access_token), await contacts(second, pair.access_token)]).toEqual([401, 200]);
  expect((await refresh(second, old.refresh_token)).status).toBe(400);
  expect((await refresh(second, pair.refresh_token)).status).toBe(200);
  await second.put("/reset", { only: ["grants"] });
  expect(await contacts(second, pair.access_token)).toBe(401);
  const written = sandbox.read("rd-station-crm.jsonl");
  for (const secret of [handed, pair.access_token, pair.refresh_token]) expect(written).not.toContain(secret);
});

test("iTFLEX's keys survive a restart without being written down, and a deleted one stays deleted", async () => {
  const redeem = (itflex: Provider, refresh_token: string) =>
    itflex.send("/api/v1/oauth2/token", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ grant_type: "refresh_token", refresh_token }),
    });
  const sandbox = restartable();
  const first = await sandbox.start("itflex");
  const [key, deleted] = [await first.refreshToken("acme"), await first.refreshToken("globex")];
  const { access_token } = (await redeem(first, key)).json as unknown as Tokens;
  await first.put("/grants", { account: "globex", alive: false });
  await first.put("/settings", { dead_status: 403 });
  const written = sandbox.read("itflex.jsonl");
  const second = await sandbox.start("itflex");
  const headers = { authorization: `Bearer ${access_token}` };
  const list = await second.send("/acme/api/3rdparty/apikeys", { headers });
  expect(list.json["apikeys"]).toMatchObject([{ id: 1, token: key }]);
  expect([(await redeem(second, key)).status, (await redeem(second, deleted)).status]).toEqual([200, 403]);
  for (const secret of [key, deleted, access_token]) expect(written).not.toContain(secret);
});
