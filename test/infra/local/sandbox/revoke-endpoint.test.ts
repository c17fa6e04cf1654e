import { describe, expect, test } from "vitest";
import { runSandbox, settableClock } from "./running-sandbox.ts";

const unauthorized = { errors: { error_type: "UNAUTHORIZED", error_message: "Invalid token." } };
const missingToken = {
  errors: [{ error_type: "CANNOT_BE_NULL", error_message: "Cannot be null.", path: "body.token" }],
};
const form = (members: Record<string, string>) => new URLSearchParams(members).toString();

describe("revoking", () => {
  test.each([
    ["access_token", undefined],
    ["refresh_token", undefined],
    ["refresh_token", "refresh_token"],
    ["refresh_token", "access_token"],
    ["access_token", "nonsense"],
  ] as const)("the %s with the hint %s ends the whole grant", async (which, hint) => {
    const sandbox = await runSandbox();
    const tokens = await sandbox.connect();
    const other = await sandbox.connect("Loja do Zé");
    const hinted = hint === undefined ? {} : { token_type_hint: hint };
    const reply = await sandbox.revoke(tokens.access_token, form({ token: tokens[which], ...hinted }));
    expect([reply.status, reply.json, reply.headers.get("content-type")]).toEqual([200, {}, "application/json"]);
    expect((await sandbox.refresh(tokens.refresh_token)).json["errors"]["error_type"]).toBe("INVALID_REFRESH_TOKEN");
    expect((await sandbox.accountInfo(tokens.access_token)).status).toBe(401);
    expect((await sandbox.refresh(other.refresh_token)).status).toBe(200);
    const { grants } = (await sandbox.get("/grants?alive=false")) as unknown as { grants: readonly unknown[] };
    expect(grants).toEqual([expect.objectContaining({ account: "Acme Ltda", revoked_by: "revocation-endpoint" })]);
  });

  test("wants a live Bearer", async () => {
    const clock = settableClock();
    const sandbox = await runSandbox({ now: clock.now, tokenSeconds: 60 });
    const { access_token, refresh_token } = await sandbox.connect();
    for (const bearer of [undefined, "garbage"]) {
      const reply = await sandbox.revoke(bearer, form({ token: refresh_token }));
      expect([reply.status, reply.json]).toEqual([401, unauthorized]);
    }
    clock.forward(60);
    expect((await sandbox.revoke(access_token, form({ token: refresh_token }))).json).toEqual(unauthorized);
    const renewed = await sandbox.renew(refresh_token);
    expect((await sandbox.revoke(renewed.access_token, form({ token: refresh_token }))).status).toBe(200);
    expect((await sandbox.revoke(renewed.access_token, form({ token: refresh_token }))).json).toEqual(unauthorized);
  });

  test("does without a Bearer when switched so", async () => {
    const sandbox = await runSandbox();
    await sandbox.put("/settings", { revoke_bearer: "optional" });
    const { refresh_token } = await sandbox.connect();
    expect((await sandbox.revoke("garbage", form({ token: refresh_token }))).status).toBe(401);
    expect((await sandbox.revoke(undefined, form({ token: refresh_token }))).status).toBe(200);
    expect((await sandbox.refresh(refresh_token)).status).toBe(401);
  });

  test("answers an unknown token, and one that is dead itself, with 200 and ends nothing", async () => {
    const sandbox = await runSandbox();
    await sandbox.put("/settings", { rotation: "new-old-dies" });
    const { refresh_token: replaced, access_token } = await sandbox.connect();
    const { refresh_token } = await sandbox.renew(replaced);
    for (const token of ["unknown", replaced]) {
      const reply = await sandbox.revoke(access_token, form({ token }));
      expect([reply.status, reply.json]).toEqual([200, {}]);
    }
    expect((await sandbox.refresh(refresh_token)).status).toBe(200);
  });

  test("finds no token in an empty form, nor in JSON text sent as a form", async () => {
    const sandbox = await runSandbox();
    const { refresh_token, access_token } = await sandbox.connect();
    for (const body of ["", "token=", JSON.stringify({ token: refresh_token })]) {
      const reply = await sandbox.revoke(access_token, body);
      expect([reply.status, reply.json]).toEqual([400, missingToken]);
    }
    expect((await sandbox.refresh(refresh_token)).status).toBe(200);
  });

  test("does not take JSON", async () => {
    const sandbox = await runSandbox();
    const { refresh_token, access_token } = await sandbox.connect();
    const reply = await sandbox.revoke(access_token, JSON.stringify({ token: refresh_token }), "application/json");
    expect(reply.status).toBe(415);
  });
});
