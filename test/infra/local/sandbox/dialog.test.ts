import { describe, expect, test } from "vitest";
import { callback, client, type RunningSandbox, runSandbox, settableClock } from "./running-sandbox.ts";

const dialog = (parameters: Record<string, string>) =>
  `/auth/dialog?${new URLSearchParams({ client_id: client.clientId, redirect_uri: callback, ...parameters })}`;

function submit(sandbox: RunningSandbox, fields: Record<string, string>) {
  const body = new URLSearchParams({ client_id: client.clientId, redirect_uri: callback, ...fields });
  return sandbox.send("/auth/dialog", { method: "POST", body });
}

const approveAcme = { account: "Acme Ltda", decision: "approve" };
const locationOf = (reply: { headers: Headers }) => reply.headers.get("location") ?? "";

describe("the approval page", () => {
  test("offers the accounts in Portuguese, in a plain form, and says that it is a sandbox", async () => {
    const sandbox = await runSandbox();
    const page = await sandbox.send(dialog({ state: 'a"b' }));
    expect(page.status).toBe(200);
    for (const text of ["Padaria Estrela", "Acme Ltda", "Loja do Zé", "Autorizar", "Cancelar", "Sandbox"]) {
      expect(page.text).toContain(text);
    }
    expect(page.text).toContain('name="state" value="a&quot;b"');
    expect(page.text).toContain('lang="pt-BR"');
    expect(page.text).not.toContain("<script");
  });

  test("ignores response_type and scope", async () => {
    const sandbox = await runSandbox();
    expect((await sandbox.send(dialog({ response_type: "code", scope: "all" }))).status).toBe(200);
  });

  test("escapes account names", async () => {
    const sandbox = await runSandbox();
    await sandbox.put("/settings", { accounts: ["<script>alert(1)</script>"] });
    expect((await sandbox.send(dialog({}))).text).not.toContain("<script>");
  });
});

describe("approving", () => {
  test("redirects to the callback with a code of 32 hex digits and no state where none was given", async () => {
    const sandbox = await runSandbox();
    const reply = await submit(sandbox, approveAcme);
    expect(reply.status).toBe(302);
    expect(locationOf(reply)).toMatch(new RegExp(`^${callback}\\?code=[0-9a-f]{32}$`));
  });

  test("returns the state as it was given, encoded again", async () => {
    const sandbox = await runSandbox();
    const state = "a b+c&d=é/%41";
    const location = locationOf(await submit(sandbox, { ...approveAcme, state }));
    expect(location).toContain(`&state=${encodeURIComponent(state)}`);
    expect(new URL(location).searchParams.get("state")).toBe(state);
  });

  test("returns an empty state too", async () => {
    const sandbox = await runSandbox();
    expect(locationOf(await submit(sandbox, { ...approveAcme, state: "" }))).toMatch(/&state=$/);
  });

  test("appends to a callback that has a query with an ampersand", async () => {
    const withQuery = `${callback}?tenant=7`;
    const sandbox = await runSandbox({ redirectUris: [withQuery] });
    const reply = await submit(sandbox, { ...approveAcme, redirect_uri: withQuery });
    expect(locationOf(reply)).toMatch(/\?tenant=7&code=[0-9a-f]{32}$/);
  });

  test("takes the older name redirect_url", async () => {
    const sandbox = await runSandbox();
    const old = new URLSearchParams({ client_id: client.clientId, redirect_url: callback });
    expect((await sandbox.send(`/auth/dialog?${old}`)).status).toBe(200);
    const reply = await sandbox.send("/auth/dialog", {
      method: "POST",
      body: new URLSearchParams({ ...Object.fromEntries(old), ...approveAcme }),
    });
    expect(locationOf(reply)).toContain(`${callback}?code=`);
  });

  test("gives a code for the account that was picked, not for the one that was meant", async () => {
    const sandbox = await runSandbox();
    const location = locationOf(await submit(sandbox, { account: "Loja do Zé", decision: "approve" }));
    const granted = await sandbox.exchange(new URL(location).searchParams.get("code") ?? "");
    const info = await sandbox.accountInfo(granted.json["access_token"]);
    expect(info.json).toEqual({ name: "Loja do Zé" });
  });

  test("needs an account and a decision", async () => {
    const sandbox = await runSandbox();
    expect((await submit(sandbox, { decision: "approve" })).status).toBe(400);
    expect((await submit(sandbox, { account: "Acme Ltda" })).status).toBe(400);
  });

  test("can be done by a program without the page", async () => {
    const sandbox = await runSandbox();
    const reply = await sandbox.put("/approvals", { account: "Acme Ltda", redirect_uri: callback, state: "s&t" });
    expect(reply.json["account"]).toBe("Acme Ltda");
    expect(reply.json["location"]).toBe(`${callback}?code=${reply.json["code"]}&state=s%26t`);
    expect((await sandbox.exchange(reply.json["code"] as string)).status).toBe(200);
    const wrong = await sandbox.put("/approvals", { account: "Acme Ltda", redirect_uri: `${callback}/` });
    expect(wrong.status).toBe(400);
  });
});

describe("declining", () => {
  test("ends on a page of the provider", async () => {
    const sandbox = await runSandbox();
    const reply = await submit(sandbox, { decision: "decline", state: "s" });
    expect(reply.status).toBe(200);
    expect(reply.text).toContain("Autorização cancelada");
  });

  test("redirects with access_denied when switched so", async () => {
    const sandbox = await runSandbox();
    await sandbox.put("/settings", { decline: "redirect" });
    const reply = await submit(sandbox, { decision: "decline", state: "s t" });
    expect(reply.status).toBe(302);
    expect(locationOf(reply)).toBe(`${callback}?error=access_denied&state=s%20t`);
  });
});

describe("a dialog that does not begin", () => {
  const refusal = {
    error_type: "ACCESS_DENIED",
    error_message: "O parâmetro redirect_uri não contém um valor válido.",
  };

  test.each([`${callback}/`, callback.toUpperCase(), `${callback}?x=1`, "http://evil.example/", ""])(
    "refuses the callback %j, which is compared as a string, without a redirect",
    async (redirectUri) => {
      const sandbox = await runSandbox();
      for (const reply of [
        await sandbox.send(dialog({ redirect_uri: redirectUri })),
        await submit(sandbox, { ...approveAcme, redirect_uri: redirectUri }),
      ]) {
        expect(reply.status).toBe(401);
        expect(reply.json).toEqual(refusal);
        expect(reply.headers.get("location")).toBeNull();
      }
    },
  );

  test("refuses an unknown client", async () => {
    const sandbox = await runSandbox();
    const reply = await sandbox.send(dialog({ client_id: "another" }));
    expect(reply.status).toBe(401);
    expect(reply.json).toEqual({
      errors: { error_type: "ACCESS_DENIED", error_message: "Wrong credentials provided." },
    });
  });

  test("refuses a changed callback until the change has propagated, and the earlier one after that", async () => {
    const clock = settableClock();
    const sandbox = await runSandbox({ now: clock.now });
    const changed = "https://app.example/callback";
    await sandbox.put("/client", { redirect_uris: [changed] });
    expect((await sandbox.send(dialog({ redirect_uri: changed }))).json).toEqual(refusal);
    expect((await sandbox.send(dialog({}))).status).toBe(200);
    clock.forward(3600);
    expect((await sandbox.send(dialog({ redirect_uri: changed }))).status).toBe(200);
    expect((await sandbox.send(dialog({}))).status).toBe(401);
  });

  test("takes a changed callback at once where propagation is set to nothing", async () => {
    const sandbox = await runSandbox();
    await sandbox.put("/settings", { propagation_seconds: 0 });
    await sandbox.put("/client", { redirect_uris: ["https://app.example/callback"] });
    expect((await sandbox.send(dialog({ redirect_uri: "https://app.example/callback" }))).status).toBe(200);
  });
});
