import { describe, expect, it } from "vitest";
import { received } from "../../../shared/broker/redeem.ts";
import { readErrorBody } from "../../../shared/oauth/error-body.ts";
import type { Fetch } from "../../../shared/oauth/http.ts";
import { requestToken } from "../../../shared/oauth/token-endpoint.ts";
import { rdStationCrm, rdStationCrmAt } from "../../../shared/providers/rd-station-crm.ts";

const client = { clientId: "68956445-3421-4a0f-a0dd-3142a97621f4", clientSecret: "s&cret=" };
const sandbox = "http://localhost:8790/rd-station-crm";
const redirectUri = "https://a.example/auth/rd-station-crm/callback";
const { origin } = rdStationCrm;

describe("RD Station CRM's authorization page", () => {
  const pageOf = (provider: typeof rdStationCrm, at: string) =>
    provider.authorizationUrl?.({ origin: at, clientId: "c", redirectUri, state: "a b&c", codeChallenge: "x" }) ?? "";

  it("is on a host of its own, and asked for a code", () => {
    const url = new URL(pageOf(rdStationCrm, origin));
    expect(`${url.origin}${url.pathname}`).toBe("https://accounts.rdstation.com/oauth/authorize");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: "code",
      client_id: "c",
      redirect_uri: redirectUri,
      state: "a b&c",
    });
  });

  it("is beside the API where that is not RD Station's own", () => {
    expect(pageOf(rdStationCrm, sandbox).split("?")[0]).toBe(`${sandbox}/oauth/authorize`);
  });

  it("is wherever the configuration says", () => {
    const page = "https://api.rd.services/oauth2/authorize";
    expect(pageOf(rdStationCrmAt(page), origin).split("?")[0]).toBe(page);
    expect(pageOf(rdStationCrmAt(page), sandbox).split("?")[0]).toBe(page);
  });
});

describe("RD Station CRM's token requests", () => {
  const credentials = { client_id: client.clientId, client_secret: client.clientSecret };

  it.each([
    [
      "exchange a code",
      rdStationCrm.codeRequest?.({ origin, client, code: "c d", redirectUri, codeVerifier: "v" }),
      { grant_type: "authorization_code", ...credentials, code: "c d", redirect_uri: redirectUri },
    ],
    [
      "refresh",
      rdStationCrm.refreshRequest({ origin, client, refreshToken: "r+/" }),
      { grant_type: "refresh_token", ...credentials, refresh_token: "r+/" },
    ],
  ])("%s with a form", (_, request, parameters) => {
    expect(request).toMatchObject({
      method: "POST",
      url: "https://api.rd.services/oauth2/token",
      headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual(parameters);
  });

  it("keep the path of an origin that has one", () => {
    const { url } = rdStationCrm.refreshRequest({ origin: sandbox, client, refreshToken: "r" });
    expect(url).toBe(`${sandbox}/oauth2/token`);
  });
});

describe("RD Station CRM's refusals", () => {
  const invalid = (error_description: string) => ({ error: "invalid_request", error_description });

  it.each<[number, unknown, string]>([
    [400, invalid("Invalid refresh_token"), "grant"],
    [400, { error_description: "Invalid refresh_token", error: "invalid_request" }, "grant"],
    [400, invalid("Invalid code"), "grant"],
    [400, { error: "invalid_grant" }, "grant"],
    [400, { error: "invalid_client", error_description: "Invalid client authentication" }, "client"],
    [401, { error: "invalid_client", error_description: "Invalid client authentication" }, "client"],
    [400, invalid("Invalid redirect_uri"), "transient"],
    [400, invalid("You must use HTTPS"), "transient"],
    [400, { error: "invalid_request" }, "transient"],
    [400, { error: "unsupported_grant_type", error_description: "Invalid grant_type" }, "transient"],
    [400, { errors: [] }, "transient"],
    [401, { error: "invalid_token", error_description: "The access token is invalid or has expired" }, "transient"],
    [401, { message: "Invalid refresh_token" }, "transient"],
    [403, { error: "invalid_grant" }, "transient"],
    [404, { message: "no Route matched with those values" }, "transient"],
    [429, { message: "API rate limit exceeded" }, "transient"],
    [429, invalid("Invalid refresh_token"), "transient"],
    [500, invalid("Invalid refresh_token"), "transient"],
    [502, "<html></html>", "transient"],
  ])("%i %j is %s", (status, body, failureClass) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    expect(rdStationCrm.classify(status, readErrorBody(text))).toBe(failureClass);
  });
});

describe("RD Station CRM's token endpoint", () => {
  const refresh = (fetch: Fetch) =>
    requestToken(rdStationCrm, rdStationCrm.refreshRequest({ origin, client, refreshToken: "r" }), {
      fetch,
      timeoutMilliseconds: 1000,
      now: () => 0,
    });

  it("grants two hours and another refresh token", async () => {
    const body = '{"refresh_token":"new","token_type":"bearer","access_token":"a","expires_in":7200}';
    expect(await refresh(async () => new Response(body))).toEqual({
      ok: true,
      grant: { accessToken: "a", refreshToken: "new", lifeSeconds: 7200 },
    });
  });

  it("means two hours where it does not say how long, and the refresh token before is not kept: it is dead", async () => {
    const answer = await refresh(async () => new Response('{"refresh_token":"new","access_token":"a"}'));
    expect(answer.ok && received(rdStationCrm, answer.grant, 0, { refreshToken: "r" })).toEqual({
      ok: true,
      usable: true,
      tokens: { accessToken: "a", refreshToken: "new", issuedAt: 0, expiresAt: 7_200_000 },
    });
  });

  it("is left alone for as long as it asks", async () => {
    const answer = new Response('{"message":"API rate limit exceeded"}', {
      status: 429,
      headers: { "retry-after": "12" },
    });
    expect(await refresh(async () => answer)).toMatchObject({
      failure: { class: "transient", unknown: false, retryAfterMilliseconds: 12_000 },
    });
  });

  it("has no revocation, and says who can end a grant", () => {
    expect(rdStationCrm.revocation).toBeUndefined();
    expect(rdStationCrm.endedByHand).toContain("remove the app");
  });
});
