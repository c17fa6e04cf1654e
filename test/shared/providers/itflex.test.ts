import { describe, expect, it } from "vitest";
import { received } from "../../../shared/broker/redeem.ts";
import { readErrorBody } from "../../../shared/oauth/error-body.ts";
import type { Fetch } from "../../../shared/oauth/http.ts";
import { requestToken } from "../../../shared/oauth/token-endpoint.ts";
import { itflex, itflexAt } from "../../../shared/providers/itflex.ts";

const origin = "https://itflex.customer.example";
const client = { clientId: "", clientSecret: "" };

describe("iTFLEX's refresh", () => {
  it("sends the key as JSON, and nothing of a client", () => {
    const request = itflex.refreshRequest({ origin, client, refreshToken: 'a.b"c' });
    expect(request).toEqual({
      method: "POST",
      url: "https://itflex.customer.example/api/v1/oauth2/token",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: '{"grant_type":"refresh_token","refresh_token":"a.b\\"c"}',
    });
    expect(itflex.isClientless).toBe(true);
  });

  it("goes to another path where its installations have one", () => {
    const { url } = itflexAt("/api/oauth2/token").refreshRequest({ origin, client, refreshToken: "r" });
    expect(url).toBe("https://itflex.customer.example/api/oauth2/token");
  });

  it("keeps the path of an origin that has one, as the sandbox has", () => {
    const { url } = itflex.refreshRequest({ origin: "http://localhost:8790/itflex", client, refreshToken: "r" });
    expect(url).toBe("http://localhost:8790/itflex/api/v1/oauth2/token");
  });
});

describe("iTFLEX", () => {
  it("has no authorization page, no revocation, no origin of its own, and says who has to delete the key", () => {
    const { authorizationUrl, codeRequest, revocation, label, origin: own } = itflex;
    expect([authorizationUrl, codeRequest, revocation, label, own]).toEqual([...Array(5)].map(() => undefined));
    expect(itflex.endedByHand).toContain("delete it");
  });
});

describe("iTFLEX's refusals", () => {
  const required = { msg: "Valid authentication token required" };

  it.each<[number, unknown, string]>([
    [401, required, "grant"],
    [400, required, "grant"],
    [401, { error: "invalid_grant" }, "grant"],
    [400, { error: "invalid_grant", error_description: "…" }, "grant"],
    [400, { error: "The key was deleted." }, "grant"],
    [401, { message: "Unauthorized" }, "transient"],
    [401, { errors: [required] }, "transient"],
    [401, [required], "transient"],
    [401, { msg: "" }, "transient"],
    [401, { msg: 7, error: {} }, "transient"],
    [401, {}, "transient"],
    [401, "", "transient"],
    [401, "<html><h1>401 Authorization Required</h1></html>", "transient"],
    [401, '{"msg":"Valid authent', "transient"],
    [403, required, "transient"],
    [404, required, "transient"],
    [429, required, "transient"],
    [500, required, "transient"],
    [503, required, "transient"],
  ])("%i %j is %s", (status, body, failureClass) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    expect(itflex.classify(status, readErrorBody(text))).toBe(failureClass);
  });
});

describe("iTFLEX's token endpoint", () => {
  const refresh = (fetch: Fetch) =>
    requestToken(itflex, itflex.refreshRequest({ origin, client, refreshToken: "r" }), {
      fetch,
      timeoutMilliseconds: 1000,
      now: () => 0,
    });

  it("grants 15 minutes and repeats the key; its cookies are nobody's business", async () => {
    const headers = new Headers({ "content-type": "application/json" });
    headers.append("set-cookie", "refresh-token=r; Path=/; HttpOnly; Secure; Max-Age=2592000");
    headers.append("set-cookie", "access-token=a.b.c; Path=/; HttpOnly; Secure; Max-Age=15");
    const body = '{"refresh_token":"r","access_token":"a.b.c","expires_in":900}';
    expect(await refresh(async () => new Response(body, { headers }))).toEqual({
      ok: true,
      grant: { accessToken: "a.b.c", refreshToken: "r", lifeSeconds: 900 },
    });
  });

  const settled = async (body: string) => {
    const answer = await refresh(async () => new Response(body));
    return answer.ok ? received(itflex, answer.grant, 0, { refreshToken: "r" }) : answer;
  };

  it("means 15 minutes where it does not say how long", async () => {
    expect(await settled('{"refresh_token":"r","access_token":"a.b.c"}')).toMatchObject({
      ok: true,
      tokens: { issuedAt: 0, expiresAt: 900_000, refreshToken: "r" },
    });
  });

  it("may answer with another key, beside which the one before is kept", async () => {
    expect(await settled('{"refresh_token":"other","access_token":"a.b.c","expires_in":900}')).toMatchObject({
      ok: true,
      tokens: { refreshToken: "other", previousRefreshToken: "r" },
    });
  });

  it("is left alone for as long as it asks", async () => {
    const answer = new Response("{}", { status: 429, headers: { "retry-after": "20" } });
    expect(await refresh(async () => answer)).toMatchObject({
      failure: { class: "transient", retryAfterMilliseconds: 20_000 },
    });
  });
});
