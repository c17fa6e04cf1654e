import type { ServerResponse } from "node:http";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { AnswerPolicy } from "../../../shared/oauth/endpoint-failure.ts";
import type { HttpRequest } from "../../../shared/oauth/http.ts";
import { readRetryAfter } from "../../../shared/oauth/retry-after.ts";
import { processTokenResponse, requestToken } from "../../../shared/oauth/token-endpoint.ts";
import { type LocalServer, startHttpServer, startTcpServer } from "./local-server.ts";

const now = Date.UTC(2026, 10, 21, 18, 0, 0);
const sentToken = "9YORmXHgOI32k-Y22tZWm-rsf--oFPr8JDCQIQhBEUY";
const granted = '{"access_token":"a","expires_in":900,"refresh_token":"r"}';
const grant = { accessToken: "a", refreshToken: "r", lifeSeconds: 900 };

/** Believes the identifiers of RFC 6749 §5.2. */
const policy: AnswerPolicy = {
  classify: (_, { code }) => (code === "invalid_grant" ? "grant" : code === "invalid_client" ? "client" : "transient"),
  retryAfter: (response, at) => readRetryAfter(response.headers, at),
};

const servers: LocalServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

function post(origin: string): HttpRequest {
  const body = JSON.stringify({ grant_type: "refresh_token", refresh_token: sentToken });
  return { method: "POST", url: `${origin}/token`, headers: { "content-type": "application/json" }, body };
}

function process(status: number, body: string, headers: Readonly<Record<string, string>> = {}) {
  return processTokenResponse(policy, post("https://a.example"), { status, headers, body }, now);
}

async function request(server: Promise<LocalServer>, timeoutMilliseconds = 5000) {
  const started = await server;
  servers.push(started);
  return await requestToken(policy, post(started.origin), { fetch, timeoutMilliseconds, now: () => now });
}

describe("a 2xx", () => {
  it("is a grant", () => {
    expect(process(200, granted)).toEqual({ ok: true, grant });
    expect(process(201, granted)).toEqual({ ok: true, grant });
  });

  it("is a grant with a refresh token alone", () => {
    expect(process(200, '{"refresh_token":"r"}')).toEqual({
      ok: true,
      grant: { accessToken: undefined, refreshToken: "r", lifeSeconds: undefined },
    });
  });

  it.each(["", "{}", "<html>sign in</html>", granted.slice(0, -1), '{"error":"invalid_grant"}'])(
    "that carries no token is unknown: %j",
    (body) => {
      expect(process(200, body, { "retry-after": "7" })).toEqual({
        ok: false,
        failure: {
          class: "transient",
          unknown: true,
          status: 200,
          reason: "unreadable_answer",
          retryAfterMilliseconds: 7000,
        },
      });
    },
  );
});

describe("a refusal", () => {
  const named = '{"error":"temporarily_unavailable"}';
  const html = "<html><body>HTML error response</body></html>";

  it.each<[number, string, string, boolean, string]>([
    [400, '{"error":"invalid_grant"}', "grant", false, "invalid_grant"],
    [401, '{"error":"invalid_client"}', "client", false, "invalid_client"],
    [401, html, "transient", false, "http_401"],
    [400, named, "transient", false, "temporarily_unavailable"],
    [404, "", "transient", false, "http_404"],
    [429, '{"message":"API rate limit exceeded"}', "transient", false, "http_429"],
    [500, named, "transient", false, "temporarily_unavailable"],
    [500, '{"message":"An unexpected error occurred"}', "transient", true, "http_500"],
    [500, html, "transient", true, "http_500"],
    [502, html, "transient", true, "http_502"],
    [502, named, "transient", false, "temporarily_unavailable"],
    [503, html, "transient", false, "http_503"],
    [503, named, "transient", false, "temporarily_unavailable"],
    [504, html, "transient", true, "http_504"],
    [504, named, "transient", true, "temporarily_unavailable"],
    [520, "", "transient", true, "http_520"],
  ])("%i %s is %s, unknown %s, for the reason %s", (status, body, failureClass, unknown, reason) => {
    expect(process(status, body)).toEqual({
      ok: false,
      failure: { class: failureClass, unknown, status, reason, retryAfterMilliseconds: undefined },
    });
  });

  it("says how long the provider asks to be left alone", () => {
    const headers = { "retry-after": "Sat, 21 Nov 2026 18:00:30 GMT" };
    expect(process(503, "", headers)).toMatchObject({ failure: { retryAfterMilliseconds: 30_000 } });
  });

  it("doesn't repeat a token that the provider put in place of an identifier", () => {
    expect(process(400, JSON.stringify({ error: sentToken }))).toMatchObject({ failure: { reason: "http_400" } });
    expect(process(400, JSON.stringify({ error: sentToken.slice(3, 30) }))).toMatchObject({
      failure: { reason: "http_400" },
    });
  });

  it("carries no token of the request or the body, wherever the body has it", () => {
    const token = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/);
    const place = fc.constantFrom(
      "access_token",
      "refresh_token",
      "error_description",
      "error_message",
      "message",
      "msg",
    );
    const status = fc.constantFrom(200, 204, 400, 401, 403, 429, 500, 502, 503, 504);
    fc.assert(
      fc.property(token, token, place, status, fc.boolean(), (sent, received, member, code, json) => {
        const body = json
          ? JSON.stringify({
              [member]: `"${received}"`,
              error: sent,
              errors: { error_type: sent, error_message: received },
            })
          : `<html>${received} ${sent}</html>`;
        const withToken = { ...post("https://a.example"), body: `refresh_token=${sent}` };
        const result = processTokenResponse(
          policy,
          withToken,
          { status: code, headers: { "x-token": received }, body },
          now,
        );
        const failure = result.ok ? "" : JSON.stringify(result.failure);
        expect(failure).not.toContain(sent);
        expect(failure).not.toContain(received);
      }),
    );
  });
});

describe("over the wire", () => {
  it("sends the request once and reads the grant", async () => {
    expect(await request(startHttpServer((response) => response.end(granted)))).toEqual({ ok: true, grant });
    expect(servers[0]?.requests).toMatchObject([{ method: "POST", url: "/token", body: post("").body }]);
  });

  const answer = (text: string) => startTcpServer((socket) => socket.end(text));

  it("keeps tokens whose connection broke after them", async () => {
    const text = `HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n${granted}`;
    expect(await request(answer(text))).toEqual({ ok: true, grant });
  });

  it("keeps tokens whose answer never ends", async () => {
    const server = startHttpServer((response: ServerResponse) => response.write(granted));
    expect(await request(server, 200)).toEqual({ ok: true, grant });
  });

  it("doesn't know what became of a truncated grant", async () => {
    const text = `HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n${granted.slice(0, 40)}`;
    expect(await request(answer(text))).toMatchObject({
      failure: { class: "transient", unknown: true, status: 200, reason: "truncated_body" },
    });
  });

  it("believes a whole refusal whose connection broke after it", async () => {
    const text = 'HTTP/1.1 400 Bad Request\r\ncontent-length: 1000\r\n\r\n{"error":"invalid_grant"}';
    expect(await request(answer(text))).toMatchObject({ failure: { class: "grant", reason: "invalid_grant" } });
  });

  it("makes nothing of a truncated refusal, but honours its headers", async () => {
    const text = 'HTTP/1.1 429 Slow\r\nretry-after: 9\r\ncontent-length: 1000\r\n\r\n{"error":"invalid_grant"';
    expect(await request(answer(text))).toEqual({
      ok: false,
      failure: {
        class: "transient",
        unknown: false,
        status: 429,
        reason: "truncated_body",
        retryAfterMilliseconds: 9000,
      },
    });
  });

  it("doesn't know what became of a gateway's endless error page", async () => {
    const server = startHttpServer((response) => response.writeHead(502).end("x".repeat(100_000)));
    expect(await request(server)).toMatchObject({ failure: { unknown: true, status: 502, reason: "body_too_large" } });
  });

  it("doesn't follow a redirect with the token", async () => {
    const target = await startHttpServer((response) => response.end(granted));
    const server = startHttpServer((response) => response.writeHead(302, { location: `${target.origin}/token` }).end());
    expect(await request(server)).toEqual({
      ok: false,
      failure: {
        class: "transient",
        unknown: false,
        status: 302,
        reason: "redirect",
        retryAfterMilliseconds: undefined,
      },
    });
    expect(target.requests).toEqual([]);
    await target.close();
  });

  it("doesn't know what became of a refresh that timed out or was reset", async () => {
    expect(
      await request(
        startHttpServer(() => undefined),
        50,
      ),
    ).toMatchObject({
      failure: { class: "transient", unknown: true, status: undefined, reason: "timeout" },
    });
    expect(await request(startTcpServer((socket) => socket.resetAndDestroy()))).toMatchObject({
      failure: { class: "transient", unknown: true, status: undefined },
    });
  });

  it("knows that nothing happened where nobody listens", async () => {
    const server = await startHttpServer(() => undefined);
    await server.close();
    const result = await requestToken(policy, post(server.origin), {
      fetch,
      timeoutMilliseconds: 5000,
      now: () => now,
    });
    expect(result).toEqual({
      ok: false,
      failure: {
        class: "transient",
        unknown: false,
        status: undefined,
        reason: "ECONNREFUSED",
        retryAfterMilliseconds: undefined,
      },
    });
  });
});
