import { afterEach, describe, expect, it } from "vitest";
import type { AnswerPolicy } from "../../../shared/oauth/endpoint-failure.ts";
import type { HttpRequest } from "../../../shared/oauth/http.ts";
import { readRetryAfter } from "../../../shared/oauth/retry-after.ts";
import { processRevocationResponse, requestRevocation } from "../../../shared/oauth/revocation-endpoint.ts";
import { type LocalServer, startHttpServer, startTcpServer } from "./local-server.ts";

const policy: AnswerPolicy = {
  classify: (_, { code }) => (code === "invalid_grant" ? "grant" : code === "invalid_client" ? "client" : "transient"),
  retryAfter: (response, at) => readRetryAfter(response.headers, at),
};

const servers: LocalServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

function post(origin: string, headers: Readonly<Record<string, string>> = { authorization: "Bearer a" }): HttpRequest {
  return { method: "POST", url: `${origin}/revoke`, headers, body: "token=r" };
}

async function revoke(server: Promise<LocalServer>, timeoutMilliseconds = 5000) {
  const started = await server;
  servers.push(started);
  return await requestRevocation(policy, post(started.origin), { fetch, timeoutMilliseconds, now: () => 0 });
}

describe("processRevocationResponse", () => {
  it("takes a page with a success status for no answer: the token must be assumed alive", () => {
    const page = { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: "<html></html>" };
    expect(processRevocationResponse(policy, post("https://a.example"), page, 0)).toMatchObject({
      ok: false,
      bearerRejected: false,
      failure: { class: "transient", unknown: true, reason: "unreadable_answer" },
    });
  });

  const process = (status: number, body: string, headers = {}, request = post("https://a.example")) =>
    processRevocationResponse(policy, request, { status, headers, body }, 0);

  it.each([
    [200, "{}"],
    [200, ""],
    [204, ""],
    [200, '{"error":"unsupported_token_type"}'],
  ])("takes %i %j as done", (status, body) => {
    expect(process(status, body)).toEqual({ ok: true });
  });

  const invalid = '{"errors":{"error_type":"UNAUTHORIZED","error_message":"Invalid token."}}';
  const challenge = { "www-authenticate": 'Bearer realm="service" error="invalid_token"' };

  it("notices that the bearer was refused, by the body or by the challenge", () => {
    expect(process(401, invalid)).toMatchObject({
      ok: false,
      bearerRejected: true,
      failure: { class: "transient", unknown: false, status: 401, reason: "UNAUTHORIZED" },
    });
    expect(process(401, "", challenge)).toMatchObject({ ok: false, bearerRejected: true });
  });

  it.each<[string, number, string, HttpRequest | undefined]>([
    ["there was no bearer", 401, invalid, post("https://a.example", {})],
    ["the client was refused", 401, '{"error":"invalid_client"}', undefined],
    ["the token was refused", 401, '{"error":"invalid_grant"}', undefined],
    ["a gateway sent a page", 401, "<html></html>", undefined],
    ["it was another status", 403, invalid, undefined],
  ])("doesn't blame the bearer when %s", (_, status, body, request) => {
    expect(process(status, body, {}, request)).toMatchObject({ ok: false, bearerRejected: false });
  });

  it("keeps the provider's word that the grant is dead already", () => {
    expect(process(400, '{"error":"invalid_grant"}')).toMatchObject({ failure: { class: "grant" } });
  });

  it.each([429, 500, 502, 503, 504])("takes the token to be alive after a %i", (status) => {
    expect(process(status, "", { "retry-after": "3" })).toMatchObject({
      ok: false,
      bearerRejected: false,
      failure: { class: "transient", status, retryAfterMilliseconds: 3000 },
    });
  });
});

describe("requestRevocation", () => {
  it("sends the request once", async () => {
    expect(await revoke(startHttpServer((response) => response.end("{}")))).toEqual({ ok: true });
    expect(servers[0]?.requests).toMatchObject([{ method: "POST", url: "/revoke", body: "token=r" }]);
  });

  it("needs no more than the status line of a success", async () => {
    const text = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{";
    expect(await revoke(startTcpServer((socket) => socket.end(text)))).toEqual({ ok: true });
  });

  it("takes the token to be alive after a timeout, a reset and a redirect", async () => {
    const alive = { ok: false, bearerRejected: false, failure: { class: "transient" } };
    expect(
      await revoke(
        startHttpServer(() => undefined),
        50,
      ),
    ).toMatchObject(alive);
    expect(await revoke(startTcpServer((socket) => socket.resetAndDestroy()))).toMatchObject(alive);
    const redirect = startHttpServer((response) => response.writeHead(302, { location: "/elsewhere" }).end());
    expect(await revoke(redirect)).toMatchObject(alive);
  });
});
