import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { dynamoDbClient } from "../../shared/aws/aws-clients.ts";
import { dynamoDbConnectionStore } from "../../shared/aws/dynamodb-connection-store.ts";
import { clientOptions } from "../contracts/aws-host.ts";
import { realClock } from "../contracts/aws-ports.ts";
import { firstWrite } from "../contracts/sample-connections.ts";
import { authorize, browser } from "../support/browser.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { eventually, type Metadata, type StackClient, stackClient } from "../support/stack-client.ts";
import { type Ended, runCommand, startCommand } from "./command-process.ts";

// Each command is a process of its own, which takes its time to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let stack: LocalStack;
let broker: StackClient;
let directory: string;

beforeAll(async () => {
  stack = await startLocalStack();
  broker = stackClient(stack);
  directory = mkdtempSync(join(tmpdir(), "chaveiro-cli-"));
}, 90_000);

afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await stack.dispose();
});

const here = () => ({ CHAVEIRO_URL: stack.brokerUrl, AWS_ENDPOINT_URL: stack.awsUrl });
const chaveiro = (...args: readonly string[]) => runCommand(args, here());
const json = <Body>({ stdout }: Ended) => JSON.parse(stdout) as Body;

// Before there are any.
it("says what to do first where there is no connection at all", async () => {
  expect((await chaveiro("list")).stdout).toMatch(/^There are no connections so far\. .*chaveiro connect/);
});

describe("connect", () => {
  it("prints the link alone, waits until the owner has authorized, and says how it is called there", async () => {
    const running = startCommand(["connect", "rd-station/padaria"], here());
    await running.until(/ticket=\S+\n/);
    const link = running.stdout().trim();
    await authorize(browser(), link, { account: "Padaria Estrela" });
    const { code, stdout, stderr } = await running.ended;
    expect([code, stdout]).toEqual([0, `${link}\n`]);
    expect(stderr).toContain("rd-station/padaria is connected: Padaria Estrela, active, generation 1.");
  });

  it("waits for an authorization, and takes no refresh for one", async () => {
    await broker.connect("again");
    const running = startCommand(["connect", "rd-station/again", "--json"], here());
    await running.until('"authorization_url"');
    await broker.refresh("again");
    // Time to look at the refresh.
    await wait(2_500);
    const { authorization_url } = JSON.parse(running.stdout()) as { authorization_url: string };
    await authorize(browser(), authorization_url, { account: "again" });
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout.trim().split("\n")[1] ?? "")).toMatchObject({ account: "again", generation: 3 });
  });

  it("does not take refreshes for an authorization that it could not tell from one", async () => {
    await broker.connect("busy");
    const running = startCommand(["connect", "rd-station/busy", "--timeout", "2"], here());
    await running.until(/ticket=\S+\n/);
    // No look comes between them.
    running.signal("SIGSTOP");
    for (let count = 0; count < 3; count += 1) await broker.refresh("busy");
    running.signal("SIGCONT");
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([7, expect.stringMatching(/not certain .* rd-station\/busy\. \[not_connected\]/)]);
    expect(stderr.match(/can hide an authorization/g)).toHaveLength(1);
  });

  it("ends at once with --no-wait, and with 7 where nobody has authorized in time", async () => {
    const unwaited = await chaveiro("connect", "rd-station/nobody", "--no-wait", "--expires-in", "60");
    expect(unwaited).toMatchObject({ code: 0, stdout: expect.stringMatching(/^http\S+\n$/) });
    expect(unwaited.stderr).not.toContain("Waiting");
    const waited = await chaveiro("connect", "rd-station/nobody", "--timeout", "1");
    expect(waited).toMatchObject({ code: 7, stderr: expect.stringContaining("[not_connected]") });
    expect(waited.stderr).toContain("Ctrl-C ends only the waiting.");
  });

  it("goes on waiting while the broker is away", async () => {
    const running = startCommand(["connect", "rd-station/patient"], here());
    await running.until(/ticket=\S+\n/);
    await stack.kill();
    // Longer than between two looks.
    await wait(2_500);
    await stack.start();
    await authorize(browser(), running.stdout().trim(), { account: "Paciente" });
    expect(await running.ended).toMatchObject({ code: 0, stderr: expect.stringContaining("Paciente, active") });
  });

  it("opens the link in the browser that BROWSER names, and goes on where there is none", async () => {
    const opened = join(directory, "opened");
    const script = join(directory, "browser");
    writeFileSync(script, `#!/bin/sh\nprintf %s "$1" > '${opened}.new'\nmv '${opened}.new' '${opened}'\n`, {
      mode: 0o755,
    });
    const { stdout } = await runCommand(["connect", "rd-station/opened", "--open", "--no-wait"], {
      ...here(),
      BROWSER: script,
    });
    expect(await eventually(() => readFileSync(opened, "utf8"))).toBe(stdout.trim());
    const none = await runCommand(["connect", "rd-station/opened", "--open", "--no-wait"], {
      ...here(),
      BROWSER: "/nonexistent/browser",
    });
    expect(none).toMatchObject({ code: 0, stderr: expect.stringContaining("open the link yourself") });
  });

  it("ends cleanly at Ctrl-C", async () => {
    const running = startCommand(["connect", "rd-station/nobody"], here());
    await running.until("ticket=");
    running.signal("SIGINT");
    expect(await running.ended).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/Interrupted\. \[interrupted\]\n→ The link stays good until 2\S+Z\.\n$/),
    });
  });
});

describe("import", () => {
  it("takes the refresh token from standard input", async () => {
    const token = await broker.sandbox.refreshToken("Mercado Azul");
    const imported = await runCommand(["import", "rd-station/mercado"], here(), `${token}\n`);
    expect(imported).toMatchObject({ code: 0, stdout: "rd-station/mercado is connected: active, generation 1.\n" });
    const again = await runCommand(["import", "rd-station/mercado", "--json"], here(), token);
    expect(json<Metadata>(again)).toMatchObject({ status: "active", generation: 1, label: "Mercado Azul" });
    for (const printed of [imported.stdout, imported.stderr, again.stderr]) expect(printed).not.toContain(token);
  });

  it("takes it from a file, with the customer's origin", async () => {
    const itflex = stackClient(stack, "itflex");
    const { refresh_token, origin } = await itflex.sandbox.handOut("fabrica");
    const file = join(directory, "key");
    writeFileSync(file, `${refresh_token}\n`);
    const imported = await chaveiro("import", "itflex/fabrica", "--refresh-token-file", file, "--origin", origin ?? "");
    expect(imported).toMatchObject({ code: 0, stdout: "itflex/fabrica is connected: active, generation 1.\n" });
  });

  it("says what to do with a token that the provider refuses, and with none", async () => {
    expect(await runCommand(["import", "rd-station/refused"], here(), "not-a-refresh-token")).toMatchObject({
      code: 4,
      stdout: "",
      stderr: expect.stringContaining("[grant_rejected]"),
    });
    const nothing = await chaveiro("import", "rd-station/refused");
    expect(nothing).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("The refresh token is empty. [secret_missing]"),
    });
    const lines = await runCommand(["import", "rd-station/refused"], here(), "one\ntwo\n");
    expect(lines).toMatchObject({ code: 2, stderr: expect.stringContaining("more than one line") });
    const noFile = await chaveiro("import", "rd-station/refused", "--refresh-token-file", "/nonexistent/file");
    expect(noFile).toMatchObject({ code: 2, stderr: expect.stringContaining("[file_unreadable]") });
    // A refresh token that was given instead is not said again.
    expect(noFile.stderr).not.toContain("nonexistent");
  });
});

describe("list", () => {
  it("shows a table to people, all of it to programs, and only what was asked for", async () => {
    await broker.connect("listed", "Açaí do Zé");
    const { stdout } = await chaveiro("list");
    expect(stdout.split("\n")[0]).toMatch(
      /^CONNECTION +LABEL +STATUS +GENERATION +EXPIRES +NEXT REFRESH +LAST REFRESH$/,
    );
    expect(stdout).toMatch(/^rd-station\/listed +Açaí do Zé +active +1 +in \d+ s +in \d+ s +–$/m);
    expect(stdout).not.toContain("\x1b");

    const all = json<{ connections: Metadata[] }>(await chaveiro("list", "--json"));
    expect(all.connections).toContainEqual(await broker.metadata("listed"));
    const crm = json<{ connections: Metadata[] }>(await chaveiro("list", "--json", "--provider", "rd-station-crm"));
    expect(crm.connections).toEqual([]);
    expect(await chaveiro("list", "--status", "degraded")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("no such connections"),
    });
    expect(await chaveiro("list", "--status", "odd")).toMatchObject({ code: 2 });
    expect(await chaveiro("list", "--provider", "odd")).toMatchObject({ code: 3 });
  });

  it("reads every page, and stands a reader who has seen enough", async () => {
    const client = dynamoDbClient(clientOptions(stack.awsUrl, { timeout: 60_000 }));
    const connections = dynamoDbConnectionStore({ client, tableName: "chaveiro", clock: realClock });
    const accounts = Array.from({ length: 502 }, (_, index) => `many-${index}`);
    const write = firstWrite({ set: { status: "revoked", revokedAt: 1 } });
    for (let at = 0; at < accounts.length; at += 50) {
      const some = accounts.slice(at, at + 50);
      await Promise.all(some.map((account) => connections.write(`rd-station-crm/${account}`, write)));
    }
    client.destroy();

    const crm = ["list", "--json", "--provider", "rd-station-crm"];
    expect(json<{ connections: Metadata[] }>(await chaveiro(...crm)).connections).toHaveLength(accounts.length);
    // Twice what a pipe holds: the command is still writing when its reader has gone.
    const line = `"$0" --import tsx cli/chaveiro.ts ${crm.join(" ")} | head -c 1; echo " \${PIPESTATUS[0]}"`;
    const env = { PATH: process.env["PATH"], HOME: "/nonexistent", ...here() };
    const piped = spawnSync("bash", ["--norc", "-c", line, process.execPath], { env, encoding: "utf8" });
    expect([piped.stdout, piped.stderr]).toEqual(["{ 141\n", ""]);
  });
});

describe("show, token, refresh and revoke", () => {
  it("show a connection through its life", async () => {
    await broker.connect("life", "Vida");
    const shown = await chaveiro("show", "rd-station/life");
    expect(shown.stdout).toMatch(/^connection +rd-station\/life\nlabel +Vida\nstatus +active\n/);
    expect(shown.stdout).toMatch(/^secret +chaveiro\/rd-station\/life$/m);
    expect(json(await chaveiro("show", "rd-station/life", "--json"))).toMatchObject({ account: "life", label: "Vida" });

    const token = await chaveiro("token", "rd-station/life");
    expect(token).toMatchObject({ code: 0, stderr: "" });
    expect(await broker.callApi(token.stdout.trim())).toBe(200);
    expect(token.stdout).toMatch(/^\S+\n$/);
    const renewed = await chaveiro("token", "rd-station/life", "--json", "--minimum-seconds", "1");
    expect(json(renewed)).toMatchObject({ token_type: "Bearer", access_token: expect.any(String) });
    expect(await chaveiro("token", "rd-station/life", "--minimum-seconds", "86400")).toMatchObject({
      code: 2,
      stdout: "",
    });

    const before = await broker.metadata("life");
    const refreshed = await chaveiro("refresh", "rd-station/life");
    expect(refreshed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^rd-station\/life was refreshed: generation \d+, expires in \d+ s\.\n$/),
    });
    expect((await broker.metadata("life")).generation).toBeGreaterThan(before.generation);

    const revoked = await chaveiro("revoke", "rd-station/life");
    expect(revoked).toMatchObject({
      code: 0,
      stdout: "rd-station/life is revoked: the provider has ended the grant.\n",
    });
    expect(json(await chaveiro("revoke", "rd-station/life", "--json"))).toMatchObject({
      status: "revoked",
      upstream: "revoked",
    });
    const gone = await chaveiro("token", "rd-station/life");
    expect(gone).toMatchObject({ code: 4, stdout: "", stderr: expect.stringContaining("[connection_revoked]") });
    expect(gone.stderr).toContain("chaveiro connect rd-station/life");
  });

  it("say which key to delete by hand, where the provider has no way to end a grant", async () => {
    const itflex = stackClient(stack, "itflex");
    const { refresh_token, origin } = await itflex.sandbox.handOut("fabrica-velha");
    await itflex.put("fabrica-velha", refresh_token, origin);
    expect(await chaveiro("revoke", "itflex/fabrica-velha")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^itflex\/fabrica-velha is revoked: .*\n.*delete it among the integrators' keys/),
    });
  });

  it("says where a revocation is not over, and does not wait where it is told so", async () => {
    await broker.connect("stuck");
    await broker.sandbox.aim("stuck", [{ kind: "server-error", endpoint: "revoke" }]);
    const stuck = await chaveiro("revoke", "rd-station/stuck");
    expect(stuck).toMatchObject({ code: 7, stdout: "", stderr: expect.stringContaining("[revoking]") });
    const forced = await chaveiro("revoke", "rd-station/stuck", "--force");
    expect(forced).toMatchObject({ code: 0, stdout: expect.stringContaining("was not waited for") });
  });
});

describe("watch", () => {
  it("prints a line for every change into a pipe, until it is interrupted", async () => {
    await broker.connect("watched");
    const running = startCommand(["watch", "--every", "0.2", "--provider", "rd-station"], here());
    await running.until(/rd-station\/watched .*active {2}generation 1/);
    await broker.refresh("watched");
    await running.until(/rd-station\/watched .*active {2}generation 2 {2}refresh succeeded/);
    await broker.revoke("watched");
    await running.until(/rd-station\/watched .*revoked {2}generation 3/);
    running.signal("SIGINT");
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    expect(stdout.split("\n").filter((line) => /watched .*generation 1$/.test(line))).toHaveLength(1);
  });

  it("tells what takes a connection out of those that are watched", async () => {
    await broker.connect("leaves");
    const args = ["watch", "--every", "0.2", "--provider", "rd-station", "--status", "active"];
    const running = startCommand(args, here());
    await running.until(/rd-station\/leaves .*active {2}generation 1/);
    await broker.revoke("leaves");
    await running.until(/rd-station\/leaves .*revoked {2}generation 2/);
    await broker.connect("leaves");
    await running.until(/rd-station\/leaves .*active {2}generation 3/);
    running.signal("SIGINT");
    const { stdout } = await running.ended;
    expect(stdout.split("\n").filter((line) => line.includes("rd-station/leaves"))).toHaveLength(3);
  });

  it("prints JSON lines for programs", async () => {
    const running = startCommand(["watch", "--every", "0.2", "--json"], here());
    await running.until('"watched"');
    running.signal("SIGTERM");
    const { code, stdout } = await running.ended;
    expect(code).toBe(143);
    for (const line of stdout.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("generation");
  });

  it("stands a broker that fails for a moment", async () => {
    const running = startCommand(["watch", "--every", "0.2", "--provider", "rd-station"], here());
    await running.until("rd-station/watched");
    await stack.kill();
    await running.until("[broker_unreachable]");
    await stack.start();
    await broker.connect("after");
    await running.until("rd-station/after");
    running.signal("SIGINT");
    expect((await running.ended).code).toBe(130);
  }, 90_000);
});
