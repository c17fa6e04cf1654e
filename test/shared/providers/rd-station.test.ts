import { describe, expect, it } from "vitest";
import { readErrorBody } from "../../../shared/oauth/error-body.ts";
import type { Fetch } from "../../../shared/oauth/http.ts";
import { requestToken } from "../../../shared/oauth/token-endpoint.ts";
import { rdStation } from "../../../shared/providers/rd-station.ts";

const client = { clientId: "68956445-3421-4a0f-a0dd-3142a97621f4", clientSecret: 's&cret"=' };
const sandbox = "http://localhost:8790/rd-station";
const redirectUri = "https://a.example/auth/rd-station/callback";

describe("RD Station's requests", () => {
  it("open the dialog with three parameters", () => {
    const input = {
      origin: rdStation.origin,
      clientId: client.clientId,
      redirectUri,
      state: "a b&c",
      codeChallenge: "x",
    };
    expect(rdStation.authorizationUrl?.(input)).toBe(
      "https://api.rd.services/auth/dialog?client_id=68956445-3421-4a0f-a0dd-3142a97621f4&redirect_uri=https%3A%2F%2Fa.example%2Fauth%2Frd-station%2Fcallback&state=a+b%26c",
    );
  });

  it("keep the path of an origin that has one", () => {
    const tokens = { accessToken: "a", refreshToken: "r" };
    const dialog = rdStation.authorizationUrl?.({
      origin: sandbox,
      clientId: "c",
      redirectUri,
      state: "s",
      codeChallenge: "x",
    });
    expect([
      dialog?.split("?")[0],
      rdStation.codeRequest?.({ origin: sandbox, client, code: "c", redirectUri, codeVerifier: "v" }).url,
      rdStation.refreshRequest({ origin: sandbox, client, refreshToken: "r" }).url,
      rdStation.revocation?.request({ origin: sandbox, client, ...tokens }).url,
      rdStation.label?.request({ origin: sandbox, accessToken: "a" }).url,
    ]).toEqual([
      `${sandbox}/auth/dialog`,
      `${sandbox}/auth/token`,
      `${sandbox}/auth/token`,
      `${sandbox}/auth/revoke`,
      `${sandbox}/marketing/account_info`,
    ]);
  });

  it.each([
    [
      "exchange a code",
      rdStation.codeRequest?.({ origin: rdStation.origin, client, code: "c", redirectUri, codeVerifier: "v" }),
      { code: "c" },
    ],
    [
      "refresh",
      rdStation.refreshRequest({ origin: rdStation.origin, client, refreshToken: "r" }),
      { refresh_token: "r" },
    ],
  ])("%s as JSON, without grant_type and redirect_uri", (_, request, redeemed) => {
    expect(request).toMatchObject({
      method: "POST",
      url: "https://api.rd.services/auth/token",
      headers: { accept: "application/json", "content-type": "application/json" },
    });
    expect(JSON.parse(request?.body ?? "")).toEqual({
      client_id: client.clientId,
      client_secret: client.clientSecret,
      ...redeemed,
    });
  });

  it("revoke the refresh token with a form and a live bearer", () => {
    const input = { origin: rdStation.origin, client, accessToken: "a.b.c", refreshToken: "r+/= &" };
    const request = rdStation.revocation?.request(input);
    expect(request).toEqual({
      method: "POST",
      url: "https://api.rd.services/auth/revoke",
      headers: {
        accept: "application/json",
        "content-type": "application/x-www-form-urlencoded",
        authorization: "Bearer a.b.c",
      },
      body: "token=r%2B%2F%3D+%26&token_type_hint=refresh_token",
    });
    expect(rdStation.revocation?.needsLiveAccessToken).toBe(true);
  });

  it("ask for the label with the bearer", () => {
    expect(rdStation.label?.request({ origin: rdStation.origin, accessToken: "a" })).toEqual({
      method: "GET",
      url: "https://api.rd.services/marketing/account_info",
      headers: { accept: "application/json", authorization: "Bearer a" },
    });
  });
});

describe("RD Station's label", () => {
  it.each([
    [200, '{"name":"www.rdstation.com"}', "www.rdstation.com"],
    [200, '{"name":"  Ação\\u0000\\u202e\\n "}', "Ação"],
    [200, JSON.stringify({ name: "x".repeat(500) }), "x".repeat(200)],
    [200, '{"name":""}', undefined],
    [200, '{"name":7}', undefined],
    [200, "[]", undefined],
    [200, "<html></html>", undefined],
    [401, '{"name":"www.rdstation.com"}', undefined],
  ])("of a %i with %j", (status, body, label) => {
    expect(rdStation.label?.read({ status, headers: {}, body })).toBe(label);
  });
});

describe("RD Station's refusals", () => {
  const error = (error_type: string) => ({ error_type, error_message: "…" });

  it.each<[number, unknown, string]>([
    [401, { errors: error("INVALID_REFRESH_TOKEN") }, "grant"],
    [401, { errors: [error("INVALID_REFRESH_TOKEN")] }, "grant"],
    [401, error("INVALID_REFRESH_TOKEN"), "grant"],
    [401, [error("INVALID_REFRESH_TOKEN")], "grant"],
    [400, { errors: error("INVALID_REFRESH_TOKEN") }, "grant"],
    [401, { errors: error("EXPIRED_CODE_GRANT") }, "grant"],
    [401, { errors: error("ACCESS_DENIED") }, "client"],
    [401, error("ACCESS_DENIED"), "client"],
    [401, { errors: error("UNAUTHORIZED") }, "transient"],
    [401, { error: "invalid_token", error_description: "The access token is invalid or has expired" }, "transient"],
    [401, { message: "Unauthorized" }, "transient"],
    [401, "<html></html>", "transient"],
    [401, "", "transient"],
    [400, { errors: [error("CANNOT_BE_NULL")] }, "transient"],
    [400, { errors: error("BAD_REQUEST") }, "transient"],
    [400, { error: "invalid_grant" }, "transient"],
    [403, {}, "transient"],
    [404, "Page not found", "transient"],
    [415, { errors: error("UNSUPPORTED_MEDIA_TYPE") }, "transient"],
    [429, { message: "API rate limit exceeded" }, "transient"],
    [429, { errors: error("RATE_LIMIT_EXCEDDED") }, "transient"],
    [429, { errors: error("INVALID_REFRESH_TOKEN") }, "transient"],
    [500, { errors: error("SERVICE_UNAVAILABLE") }, "transient"],
    [500, { errors: error("INVALID_REFRESH_TOKEN") }, "transient"],
    [502, "<html><body>HTML error response</body></html>", "transient"],
  ])("%i %j is %s", (status, body, failureClass) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    expect(rdStation.classify(status, readErrorBody(text))).toBe(failureClass);
  });
});

describe("RD Station's pauses", () => {
  const pause = (headers: Readonly<Record<string, string>>, body: unknown = {}, status = 429) =>
    rdStation.retryAfter({ status, headers, body: JSON.stringify(body) }, 0);
  const resets = { "ratelimit-reset": "3", "ratelimit-reset-quotas": "4" };

  it("are looked for in the standard header first, in the body last", () => {
    const body = { error: "'lead_limiter' rate limit exceeded", remaining_time: 5 };
    expect(pause({ "retry-after": "1", "retry-after-quotas": "2", ...resets }, body)).toBe(1000);
    expect(pause({ "retry-after-quotas": "2", ...resets }, body)).toBe(2000);
    expect(pause(resets, body)).toBe(3000);
    expect(pause({ "ratelimit-reset-quotas": "4" }, body)).toBe(4000);
    expect(pause({}, body)).toBe(5000);
    expect(pause({})).toBeUndefined();
  });

  it("are read from reset headers and bodies of a 429 only", () => {
    expect(pause({ "retry-after": "1" }, {}, 503)).toBe(1000);
    expect(pause(resets, { remaining_time: 5 }, 500)).toBeUndefined();
  });

  it("last an hour at most", () => {
    expect(pause({}, { remaining_time: 43_067 })).toBe(3_600_000);
  });

  it.each([-1, "5", null, {}])("ignore a remaining_time of %j", (remaining_time) => {
    expect(pause({}, { remaining_time })).toBeUndefined();
  });
});

describe("RD Station's token endpoint", () => {
  const answer =
    (status: number, body: string): Fetch =>
    async () =>
      new Response(body, { status });
  const refresh = (fetch: Fetch) =>
    requestToken(rdStation, rdStation.refreshRequest({ origin: sandbox, client, refreshToken: "r" }), {
      fetch,
      timeoutMilliseconds: 1000,
      now: () => 0,
    });

  it("grants without a token_type", async () => {
    const body = '{"access_token":"a.b.c","expires_in":86400,"refresh_token":"r"}';
    expect(await refresh(answer(200, body))).toEqual({
      ok: true,
      grant: { accessToken: "a.b.c", refreshToken: "r", lifeSeconds: 86400 },
    });
  });

  it("refuses a dead refresh token and a wrong client with the same status", async () => {
    const refusal = (error_type: string) => answer(401, JSON.stringify({ errors: { error_type } }));
    expect(await refresh(refusal("INVALID_REFRESH_TOKEN"))).toMatchObject({
      failure: { class: "grant", unknown: false, status: 401, reason: "INVALID_REFRESH_TOKEN" },
    });
    expect(await refresh(refusal("ACCESS_DENIED"))).toMatchObject({
      failure: { class: "client", unknown: false, status: 401, reason: "ACCESS_DENIED" },
    });
  });
});
