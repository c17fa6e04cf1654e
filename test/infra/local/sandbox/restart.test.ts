import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { startSandbox } from "../../../../infra/local/sandbox/start-sandbox.ts";
import { client, type RunningSandbox, sandboxOptions, talkTo } from "./running-sandbox.ts";

vi.setConfig({ testTimeout: 60_000 });

const script = join(import.meta.dirname, "sandbox-process.ts");

function dataDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "sandbox-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function spawnSandbox(directory: string): Promise<{ sandbox: RunningSandbox; kill(): Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", script, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(kill);
  const [line] = await Promise.race([once(child.stdout ?? child, "data"), exited]);
  return { sandbox: talkTo(String(line).trim()), kill };
}

function filesOf(directory: string): string {
  return readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), "utf8"))
    .join("\n");
}

test("what was issued, revoked and set survives kill -9", async () => {
  const directory = dataDirectory();
  const first = await spawnSandbox(directory);
  await first.sandbox.put("/settings", { rotation: "new-old-dies" });
  const acme = await first.sandbox.connect("Acme Ltda");
  const rotated = await first.sandbox.renew(acme.refresh_token);
  const revoked = await first.sandbox.connect("Loja do Zé");
  await first.sandbox.revoke(revoked.access_token, `token=${revoked.refresh_token}`);
  const spent = await first.sandbox.approve();
  await first.sandbox.exchange(spent);
  const unspent = await first.sandbox.approve();
  await first.sandbox.put("/client", { client_secret: "changed" });
  await first.kill();

  const { sandbox } = await spawnSandbox(directory);
  expect((await sandbox.refresh(rotated.refresh_token)).json["errors"]["error_type"]).toBe("ACCESS_DENIED");
  await sandbox.put("/client", { client_secret: client.clientSecret });
  expect((await sandbox.get("/settings"))["rotation"]).toBe("new-old-dies");
  expect((await sandbox.accountInfo(rotated.access_token)).json).toEqual({ name: "Acme Ltda" });
  expect((await sandbox.accountInfo(revoked.access_token)).status).toBe(401);
  expect((await sandbox.refresh(acme.refresh_token)).status).toBe(401);
  expect((await sandbox.refresh(revoked.refresh_token)).status).toBe(401);
  expect((await sandbox.exchange(spent)).json["errors"]["error_type"]).toBe("EXPIRED_CODE_GRANT");
  expect((await sandbox.exchange(unspent)).status).toBe(200);
  expect((await sandbox.renew(rotated.refresh_token)).refresh_token).not.toBe(rotated.refresh_token);
});

test("every acknowledged rotation survives kill -9 under load, over and over", async () => {
  const directory = dataDirectory();
  let newest: string[] = [];
  for (let round = 0; round < 3; round++) {
    const { sandbox, kill } = await spawnSandbox(directory);
    if (round === 0) {
      // With grace, the last acknowledged token is redeemable whether or not an unanswered request rotated it.
      await sandbox.put("/settings", { rotation: "new-old-dies", grace_seconds: 3600 });
      newest = await Promise.all(
        Array.from({ length: 16 }, async (_, i) => (await sandbox.connect(`t${i}`)).refresh_token),
      );
    }
    let answers = 0;
    const working = newest.map(async (_, index) => {
      for (;;) {
        const reply = await sandbox.refresh(newest[index] ?? "").catch(() => undefined);
        if (reply === undefined) return;
        expect(reply.status).toBe(200);
        newest[index] = reply.json["refresh_token"];
        answers++;
      }
    });
    await vi.waitFor(() => expect(answers).toBeGreaterThan(32), { timeout: 15_000, interval: 20 });
    await kill();
    await Promise.all(working);
  }
  const { sandbox } = await spawnSandbox(directory);
  for (const token of newest) expect((await sandbox.refresh(token)).status).toBe(200);
});

test("half-written files do not prevent a start", async () => {
  const directory = dataDirectory();
  const first = await spawnSandbox(directory);
  const { refresh_token } = await first.sandbox.connect();
  await first.kill();
  appendFileSync(join(directory, "rd-station.jsonl"), '[{"kind":"grant","id":"a1');
  writeFileSync(join(directory, "rd-station.jsonl.tmp"), "[{");
  const second = await spawnSandbox(directory);
  expect((await second.sandbox.refresh(refresh_token)).status).toBe(200);
  const later = await second.sandbox.connect();
  await second.kill();
  const { sandbox } = await spawnSandbox(directory);
  expect((await sandbox.refresh(later.refresh_token)).status).toBe(200);
});

test("no file holds a refresh token, an access token, a code or a client secret", async () => {
  const directory = dataDirectory();
  const { sandbox, kill } = await spawnSandbox(directory);
  const codes = [await sandbox.approve(), await sandbox.approve()];
  const granted = (await sandbox.exchange(codes[0] ?? "")).json;
  await sandbox.put("/settings", { rotation: "new-old-still-valid" });
  const renewed = await sandbox.renew(granted["refresh_token"]);
  await sandbox.put("/client", { client_secret: "a-new-secret-value" });
  await kill();
  const written = filesOf(directory);
  const secrets = [...codes, granted["access_token"], granted["refresh_token"], ...Object.values(renewed).map(String)];
  for (const secret of [...secrets, client.clientSecret, "a-new-secret-value"]) {
    if (secret !== String(renewed.expires_in)) expect(written).not.toContain(secret);
  }
  expect(written).toContain('"kind":"refresh-token"');
});

test("a second process on the same port fails before it touches the files", async () => {
  const directory = dataDirectory();
  const { sandbox } = await spawnSandbox(directory);
  const port = Number(new URL(sandbox.url).port);
  const before = readdirSync(directory);
  await expect(startSandbox({ ...sandboxOptions, port, dataDirectory: directory })).rejects.toThrow(
    "cannot be listened on",
  );
  const { refresh_token } = await sandbox.connect();
  expect((await sandbox.refresh(refresh_token)).status).toBe(200);
  expect(readdirSync(directory)).toEqual(before);
});
