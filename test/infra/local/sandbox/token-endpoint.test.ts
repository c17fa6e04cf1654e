import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, test } from "vitest";
import { client, type Reply, runSandbox, settableClock } from "./running-sandbox.ts";

const expiredCode = object("EXPIRED_CODE_GRANT", "The authorization code grant has expired.");
const denied = object("ACCESS_DENIED", "Wrong credentials provided.");
const invalidRefresh = object("INVALID_REFRESH_TOKEN", "The provided refresh token is invalid or was revoked.");
const credentials = { client_id: client.clientId, client_secret: client.clientSecret };

function object(error_type: string, error_message: string) {
  return { errors: { error_type, error_message } };
}

function expectRefusal(reply: Reply, status: number, body: unknown): void {
  expect(reply.json).toEqual(body);
  expect(reply.status).toBe(status);
  expect(reply.headers.get("content-type")).toBe("application/json");
}

function missing(path: string) {
  return { errors: [{ error_type: "CANNOT_BE_NULL", error_message: "Cannot be null.", path }] };
}

describe("exchanging a code", () => {
  test("answers exactly three members: a JWT, its life, and a refresh token of 43 characters", async () => {
    const clock = settableClock(1_700_000_000_500);
    const sandbox = await runSandbox({ now: clock.now });
    const reply = await sandbox.exchange(await sandbox.approve());
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toBe("application/json");
    expect(Object.keys(reply.json)).toEqual(["access_token", "expires_in", "refresh_token"]);
    expect(reply.json["expires_in"]).toBe(86_400);
    expect(reply.json["refresh_token"]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(decodeProtectedHeader(reply.json["access_token"])).toEqual({ typ: "JWT", alg: "RS256" });
    expect(decodeJwt(reply.json["access_token"])).toEqual({
      iss: "https://api.rd.services",
      sub: expect.stringMatching(/^[A-Za-z0-9_-]{43}@clients$/),
      aud: "https://app.rdstation.com.br/api/v2/",
      app_name: "Chaveiro",
      exp: 1_700_086_400,
      iat: 1_700_000_000,
      scope: "",
    });
  });

  test("refuses the same code again", async () => {
    const sandbox = await runSandbox();
    const code = await sandbox.approve();
    await sandbox.exchange(code);
    expectRefusal(await sandbox.exchange(code), 401, expiredCode);
  });

  test("takes a code of 3600 seconds and refuses an older one", async () => {
    const clock = settableClock();
    const sandbox = await runSandbox({ now: clock.now });
    const [first, second] = [await sandbox.approve(), await sandbox.approve()];
    clock.forward(3600);
    expect((await sandbox.exchange(first)).status).toBe(200);
    clock.forward(1);
    expectRefusal(await sandbox.exchange(second), 401, expiredCode);
  });

  test("answers an unknown code and another client's like wrong credentials", async () => {
    const sandbox = await runSandbox();
    expectRefusal(await sandbox.exchange("0".repeat(32)), 401, denied);
    const code = await sandbox.approve();
    await sandbox.put("/client", { client_id: "another" });
    expectRefusal(await sandbox.token({ client_id: "another", code }), 401, denied);
  });

  test("refuses wrong credentials without spending the code", async () => {
    const sandbox = await runSandbox();
    const code = await sandbox.approve();
    expectRefusal(await sandbox.token({ code, client_secret: "wrong" }), 401, denied);
    expectRefusal(await sandbox.token({ code, client_id: "wrong" }), 401, denied);
    expect((await sandbox.exchange(code)).status).toBe(200);
  });

  test.each([
    ["separate", [true, true], 2],
    ["same-grant", [true, true], 1],
    ["replaces", [false, true], 2],
  ] as const)("of an account that has a grant: %s", async (reauthorization, alive, count) => {
    const sandbox = await runSandbox();
    await sandbox.put("/settings", { reauthorization });
    const tokens = [await sandbox.connect(), await sandbox.connect()];
    for (const [index, token] of tokens.entries()) {
      expect((await sandbox.refresh(token.refresh_token)).status === 200).toBe(alive[index]);
    }
    expect((await sandbox.get("/grants"))["grants"]).toHaveLength(count);
  });
});

describe("refreshing", () => {
  test("answers the same three members, the refresh token unchanged", async () => {
    const sandbox = await runSandbox();
    const { refresh_token, access_token } = await sandbox.connect();
    const reply = await sandbox.refresh(refresh_token);
    expect(reply.status).toBe(200);
    expect(Object.keys(reply.json)).toEqual(["access_token", "expires_in", "refresh_token"]);
    expect(reply.json["refresh_token"]).toBe(refresh_token);
    expect(reply.json["access_token"]).not.toBe(access_token);
  });

  test("leaves earlier access tokens alive", async () => {
    const sandbox = await runSandbox();
    const { refresh_token, access_token } = await sandbox.connect();
    await sandbox.renew(refresh_token);
    expect((await sandbox.accountInfo(access_token)).status).toBe(200);
  });

  test("refuses an unknown refresh token, one whose app was removed, and another client's", async () => {
    const sandbox = await runSandbox();
    expectRefusal(await sandbox.refresh("x".repeat(43)), 401, invalidRefresh);
    const { refresh_token } = await sandbox.connect();
    await sandbox.put("/grants", { account: "Acme Ltda", alive: false });
    expectRefusal(await sandbox.refresh(refresh_token), 401, invalidRefresh);
    const other = await sandbox.connect("Loja do Zé");
    await sandbox.put("/client", { client_id: "another" });
    expectRefusal(
      await sandbox.token({ client_id: "another", refresh_token: other.refresh_token }),
      401,
      invalidRefresh,
    );
  });

  test("refuses wrong credentials before it looks at the refresh token", async () => {
    const sandbox = await runSandbox();
    const { refresh_token } = await sandbox.connect();
    await sandbox.put("/client", { client_secret: "rotated" });
    expectRefusal(await sandbox.refresh(refresh_token), 401, denied);
    const renewed = await sandbox.token({ refresh_token: "unknown", client_secret: "wrong" });
    expectRefusal(renewed, 401, denied);
    expect((await sandbox.token({ code: await sandbox.approve(), client_secret: "rotated" })).status).toBe(200);
  });

  test("gives equal access tokens within one second when switched so", async () => {
    const clock = settableClock();
    const sandbox = await runSandbox({ now: clock.now });
    await sandbox.put("/settings", { equal_tokens: true });
    const { refresh_token, access_token } = await sandbox.connect();
    expect((await sandbox.renew(refresh_token)).access_token).toBe(access_token);
    clock.forward(1);
    expect((await sandbox.renew(refresh_token)).access_token).not.toBe(access_token);
  });

  test("issues tokens of another life from the moment it is set", async () => {
    const sandbox = await runSandbox({ tokenSeconds: 60 });
    const { refresh_token, expires_in } = await sandbox.connect();
    expect(expires_in).toBe(60);
    await sandbox.put("/settings", { token_seconds: 5 });
    const renewed = await sandbox.renew(refresh_token);
    const { exp = 0, iat = 0 } = decodeJwt(renewed.access_token);
    expect([renewed.expires_in, exp - iat]).toEqual([5, 5]);
  });
});

describe("the request's form", () => {
  test("may be JSON, a form or multipart, with and without grant_type and token_by", async () => {
    const sandbox = await runSandbox();
    const { refresh_token } = await sandbox.connect();
    const multipart = new FormData();
    for (const [name, value] of Object.entries({ ...credentials, refresh_token })) multipart.set(name, value);
    const extra = { grant_type: "refresh_token", redirect_uri: "https://x.example", refresh_token };
    for (const reply of [
      await sandbox.token(extra, "?token_by=refresh_token"),
      await sandbox.send("/auth/token", { method: "POST", body: new URLSearchParams({ ...credentials, ...extra }) }),
      await sandbox.send("/auth/token", { method: "POST", body: multipart }),
    ]) {
      expect(reply.status).toBe(200);
      expect(reply.json["refresh_token"]).toBe(refresh_token);
    }
  });

  test("may carry the code in the query; the body wins", async () => {
    const sandbox = await runSandbox();
    expect((await sandbox.token({}, `?code=${await sandbox.approve()}`)).status).toBe(200);
    expect((await sandbox.token({ code: await sandbox.approve() }, "?code=unknown&token_by=code")).status).toBe(200);
  });

  test("is a refresh where a refresh_token is present, whatever else is", async () => {
    const sandbox = await runSandbox();
    const { refresh_token } = await sandbox.connect();
    const code = await sandbox.approve();
    const reply = await sandbox.token({ refresh_token, code, grant_type: "authorization_code" });
    expect(reply.json["refresh_token"]).toBe(refresh_token);
    expect((await sandbox.exchange(code)).status).toBe(200);
  });

  test.each(["client_id", "client_secret"])("is refused without %s", async (member) => {
    const sandbox = await runSandbox();
    expectRefusal(await sandbox.token({ code: "x", [member]: null }), 400, missing(`body.${member}`));
    expectRefusal(await sandbox.token({ code: "x", [member]: "" }), 400, missing(`body.${member}`));
  });

  test("is refused with neither code nor refresh token", async () => {
    const sandbox = await runSandbox();
    expectRefusal(await sandbox.token({}), 400, missing("body.code"));
  });

  test.each(["{", "", "[]", '"text"', "null"])("is refused as JSON that reads %j", async (body) => {
    const sandbox = await runSandbox();
    const headers = { "content-type": "application/json" };
    const message = "Could not parse the body of the request according to the provided Content-Type.";
    expectRefusal(
      await sandbox.send("/auth/token", { method: "POST", headers, body }),
      400,
      object("BAD_REQUEST", message),
    );
  });

  test("is refused as text", async () => {
    const sandbox = await runSandbox();
    const headers = { "content-type": "text/plain" };
    const message = "The payload is in a format not supported by this method on the target resource.";
    const reply = await sandbox.send("/auth/token", { method: "POST", headers, body: "x" });
    expectRefusal(reply, 415, object("UNSUPPORTED_MEDIA_TYPE", message));
  });

  test("is refused above a megabyte", async () => {
    const sandbox = await runSandbox();
    expect((await sandbox.token({ code: "x".repeat(1_100_000) })).status).toBe(413);
  });

  test("is not a GET", async () => {
    const sandbox = await runSandbox();
    expect((await sandbox.send("/auth/token")).status).toBe(404);
  });
});

describe("the envelope", () => {
  const wrong = { error_type: "ACCESS_DENIED", error_message: "Wrong credentials provided." };
  const secret = { error_type: "CANNOT_BE_NULL", error_message: "Cannot be null.", path: "body.client_secret" };

  test.each([
    ["documented", { errors: wrong }, { errors: [secret] }],
    ["object", { errors: wrong }, { errors: secret }],
    ["array", { errors: [wrong] }, { errors: [secret] }],
    ["flat", wrong, secret],
    ["bare-array", [wrong], [secret]],
  ])("%s", async (envelope, denial, absence) => {
    const sandbox = await runSandbox();
    await sandbox.put("/settings", { envelope });
    expect((await sandbox.exchange("unknown")).json).toEqual(denial);
    expect((await sandbox.token({ client_secret: null })).json).toEqual(absence);
  });
});
