import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type ErrorCode, httpStatus } from "../../../shared/broker/error.ts";
import { abortable } from "../../../shared/consumer/abortable.ts";
import { createTokenClient, TokenError, type TokenErrorCode } from "../../../shared/consumer/index.ts";
import { publishedWorld, startHttpServer } from "../../support/published-world.ts";

const origin = "https://api.example";

/** Every code of the broker, which is one of the client's as well: otherwise this does not compile. */
const brokerCodes: Readonly<Record<ErrorCode, TokenErrorCode>> = {
  invalid_request: "invalid_request",
  forbidden: "forbidden",
  connection_not_found: "connection_not_found",
  provider_unknown: "provider_unknown",
  reauthorization_required: "reauthorization_required",
  connection_revoked: "connection_revoked",
  request_too_large: "request_too_large",
  grant_rejected: "grant_rejected",
  token_just_issued: "token_just_issued",
  internal_error: "internal_error",
  client_credentials_rejected: "client_credentials_rejected",
  provider_unavailable: "provider_unavailable",
  refresh_in_progress: "refresh_in_progress",
};

let world: Awaited<ReturnType<typeof publishedWorld>>;
beforeAll(async () => {
  world = await publishedWorld();
});
afterAll(() => world.close());
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await world.setFaults([]);
});

const client = (options = {}) => createTokenClient({ secretsManager: world.secretsManager, brokerUrl: "", ...options });

async function errorOf(work: Promise<unknown>): Promise<TokenError> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof TokenError)) throw new Error(`There was no TokenError: ${String(error)}`);
  return error;
}

describe("a token client", () => {
  it.each(["acme", "rd-station/", "/acme", "rd-station/acme/x", "RD/acme", "rd-station/-a", "rd-station/a b", ""])(
    "refuses %j, which is no connection, without asking anybody",
    async (name) => {
      const asked = await world.countRequests(async () => {
        expect(await errorOf(client().getAccessToken(name))).toMatchObject({ code: "invalid_request" });
        expect(client().peek(name)).toBeUndefined();
      });
      expect(asked).toEqual({});
    },
  );

  it.each(["http://broker.example", "ftp://broker.example", "broker.example", "//broker.example"])(
    "does not take %s for a broker: a token would come over a connection that others read",
    (brokerUrl) => {
      expect(() => client({ brokerUrl })).toThrow(expect.objectContaining({ code: "invalid_request" }));
    },
  );

  it("is told by the environment what it is not told otherwise", async () => {
    await world.put(JSON.stringify({ revoked_at: "2026-11-22T00:00:00.000Z" }), "rd-station/environment");
    vi.stubEnv("CHAVEIRO_PREFIX", "chaveiro/rd-station");
    vi.stubEnv("CHAVEIRO_URL", "");
    const { secretsManager } = world;
    const error = await errorOf(createTokenClient({ secretsManager }).getAccessToken("itflex/x"));
    expect(error.message).toContain("chaveiro/rd-station/itflex/x");
    vi.stubEnv("CHAVEIRO_URL", "http://broker.example");
    expect(() => createTokenClient({ secretsManager })).toThrow(/CHAVEIRO_URL/);
  });

  it("reads once more after a failure: failures are not kept", async () => {
    await world.setFaults([
      { service: "secretsmanager", operation: "GetSecretValue", error: "InternalServiceError", status: 400 },
    ]);
    await world.publish("rd-station/flaky", "token", origin);
    const tokens = client();
    expect(await errorOf(tokens.getAccessToken("rd-station/flaky"))).toMatchObject({ code: "token_unavailable" });
    expect(await tokens.getAccessToken("rd-station/flaky")).toBe("token");
  });

  it("says that the role may not read, and how to let it", async () => {
    await world.setFaults([
      { service: "secretsmanager", operation: "GetSecretValue", error: "AccessDeniedException", status: 400 },
    ]);
    expect(await errorOf(client().getAccessToken("rd-station/denied"))).toMatchObject({
      code: "forbidden",
      message: expect.stringContaining('grantAccessToken(fn, "rd-station/denied")'),
    });
  });

  it.each([
    "secret-value-that-is-no-json",
    '{"access_token":"secret-value"}',
    '{"access_token":"","origin":"https://x","issued_at":"2026-11-22T00:00:00.000Z","expires_at":"2026-11-23T00:00:00.000Z"}',
    '{"access_token":"secret-value","origin":"https://x","issued_at":"soon","expires_at":"later"}',
    "null",
    '"secret-value"',
    "[]",
  ])("takes %s for nothing that the broker has published, and quotes none of it", async (text) => {
    await world.put(text, "rd-station/rubbish");
    const error = await errorOf(client().getAccessToken("rd-station/rubbish"));
    expect(error.code).toBe("token_unavailable");
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("secret-value");
  });

  it("shows no token to whoever looks at it, or at what it throws", async () => {
    await world.publish("rd-station/shown", "secret-value", origin);
    const tokens = client();
    await tokens.getAccessToken("rd-station/shown");
    const refused = await errorOf(tokens.fetch("rd-station/shown", "https://evil.example"));
    for (const shown of [tokens, refused]) {
      expect(inspect(shown, { depth: 10, showHidden: true }) + JSON.stringify(shown)).not.toContain("secret-value");
    }
  });

  it("lets one stop waiting while others go on, and the answer is kept", async () => {
    await world.publish("rd-station/slow", "token", origin);
    await world.setFaults([{ service: "secretsmanager", operation: "GetSecretValue", delay_milliseconds: 300 }]);
    const tokens = client();
    const stop = new AbortController();
    const impatient = tokens.getAccessToken("rd-station/slow", { signal: stop.signal });
    const patient = tokens.getAccessToken("rd-station/slow");
    stop.abort(new Error("enough"));
    await expect(impatient).rejects.toThrow("enough");
    expect(await patient).toBe("token");
    await expect(tokens.getAccessToken("rd-station/slow", { signal: stop.signal })).rejects.toThrow("enough");
  });

  it("looks in the background whether a token is replaced when most of its life is over, and nobody waits for that", async () => {
    await world.publish("rd-station/aging", "old", origin, 1_000);
    const tokens = client();
    await tokens.getAccessToken("rd-station/aging");
    await world.publish("rd-station/aging", "new", origin, 1_000);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 740_000 });
    const before = await world.countRequests(async () => {
      expect(await tokens.getAccessToken("rd-station/aging")).toBe("old");
    });
    expect(before).toEqual({});
    vi.setSystemTime(Date.now() + 20_000);
    expect(await tokens.getAccessToken("rd-station/aging")).toBe("old");
    await vi.waitFor(async () => expect(tokens.peek("rd-station/aging")).toBe("new"));
  });

  it("asks the broker in the background where nothing is published", async () => {
    const now = Date.now();
    const answer = (access_token: string, age: number) => ({
      access_token,
      origin,
      issued_at: new Date(now + age).toISOString(),
      expires_at: new Date(now + age + 900_000).toISOString(),
    });
    let current = answer("old", 0);
    const broker = await startHttpServer((_request, response) => response.end(JSON.stringify(current)));
    const tokens = client({ brokerUrl: broker.url });
    expect(await tokens.getAccessToken("itflex/aging")).toBe("old");
    current = answer("new", 600_000);
    vi.useFakeTimers({ toFake: ["Date"], now: now + 690_000 });
    expect(await tokens.getAccessToken("itflex/aging")).toBe("old");
    await vi.waitFor(async () => expect(tokens.peek("itflex/aging")).toBe("new"));
    expect(broker.received.map(({ url }) => url)).toEqual(
      Array.from({ length: 2 }, () => "/v1/connections/itflex/aging/access-token"),
    );
    await broker.close();
  });

  it("stops handing out a token once it has learned that the connection was revoked", async () => {
    await world.publish("rd-station/ending", "token", origin);
    const tokens = client();
    await tokens.getAccessToken("rd-station/ending");
    await world.put(JSON.stringify({ revoked_at: "2026-11-22T00:00:00.000Z" }), "rd-station/ending");
    expect(await errorOf(tokens.getAccessToken("rd-station/ending", { minimumSeconds: 9_999 }))).toMatchObject({
      code: "connection_revoked",
    });
    expect(tokens.peek("rd-station/ending")).toBeUndefined();
  });

  it("takes no token that could not be sent as a header, and so quotes none", async () => {
    await world.publish("rd-station/torn", "secret-\u0000value", origin);
    const error = await errorOf(client().fetch("rd-station/torn", "/x"));
    expect(error.code).toBe("token_unavailable");
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("secret-");
  });

  it("leaves nobody's rejection unheard where a signal was aborted before", async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => unheard.push(reason);
    process.on("unhandledRejection", hear);
    await abortable(Promise.reject(new Error("revoked")), AbortSignal.abort(new Error("enough"))).catch(
      () => undefined,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", hear);
    expect(unheard).toEqual([]);
  });

  it("hands out what still lives where there is nothing better, and nothing that is over", async () => {
    await world.publish("rd-station/last", "token", origin, 100);
    const tokens = client();
    await tokens.getAccessToken("rd-station/last");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 99_000 });
    expect(await tokens.getAccessToken("rd-station/last")).toBe("token");
    expect(await tokens.getAccessToken("rd-station/last", { minimumSeconds: 50 })).toBe("token");
    vi.setSystemTime(Date.now() + 1_100);
    expect(tokens.peek("rd-station/last")).toBeUndefined();
    expect(await errorOf(tokens.getAccessToken("rd-station/last"))).toMatchObject({
      code: "token_unavailable",
      message: expect.stringContaining("has expired"),
    });
  });

  it("goes on with a token in memory that was issued later than what is published", async () => {
    await world.publish("rd-station/restored", "first", origin);
    const tokens = client();
    await tokens.getAccessToken("rd-station/restored");
    const value = {
      access_token: "before",
      origin,
      issued_at: "2026-01-01T00:00:00.000Z",
      expires_at: "2099-01-01T00:00:00.000Z",
    };
    await world.put(JSON.stringify(value), "rd-station/restored");
    expect(await tokens.getAccessToken("rd-station/restored", { minimumSeconds: 4_000 })).toBe("first");
  });

  it("forgets a token that is invalidated, and does not take one again that was rejected", async () => {
    await world.publish("rd-station/own-http", "token-1", origin);
    const tokens = client();
    await tokens.getAccessToken("rd-station/own-http");
    tokens.invalidate("rd-station/own-http");
    expect(tokens.peek("rd-station/own-http")).toBeUndefined();
    expect(await tokens.getAccessToken("rd-station/own-http")).toBe("token-1");
    tokens.invalidate("rd-station/own-http", "token-1");
    expect(await errorOf(tokens.getAccessToken("rd-station/own-http"))).toMatchObject({
      code: "token_unavailable",
      message: expect.stringContaining("was rejected by the API"),
    });
    await world.publish("rd-station/own-http", "token-2", origin);
    expect(await tokens.getAccessToken("rd-station/own-http")).toBe("token-2");
  });
});

describe("a broker's answer", () => {
  const problem = (status: number, code: string, headers = {}) => ({
    status,
    headers: { "content-type": "application/problem+json", ...headers },
    body: JSON.stringify({ type: "about:blank", title: "x", status, code, detail: `About ${code}.` }),
  });

  async function asked(answer: { status: number; headers?: Record<string, string>; body: string }) {
    const broker = await startHttpServer((_request, response) => {
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    try {
      return await errorOf(client({ brokerUrl: `${broker.url}/` }).getAccessToken("rd-station/none"));
    } finally {
      await broker.close();
    }
  }

  it.each(Object.keys(brokerCodes) as ErrorCode[])("of %s is the caller's error, with what to do", async (code) => {
    expect(await asked(problem(httpStatus(code), code, { "retry-after": "7" }))).toMatchObject({
      code,
      message: `About ${code}.`,
      connection: "rd-station/none",
      retryAfterSeconds: 7,
    });
  });

  it.each([
    [403, '{"message":"Forbidden"}', "forbidden"],
    [401, '{"message":"Unauthorized"}', "forbidden"],
    [404, '{"message":"Not Found"}', "broker_unavailable"],
    [429, '{"message":"Too Many Requests"}', "broker_unavailable"],
    [500, '{"message":"Internal Server Error"}', "broker_unavailable"],
    [504, "<html>", "broker_unavailable"],
    [200, "<html>", "broker_unavailable"],
    [200, '{"access_token":"x"}', "broker_unavailable"],
  ])("of %d %s, which is API Gateway's or a stranger's, is known by its status", async (status, body, code) => {
    const error = await asked({ status, headers: { location: "https://evil.example" }, body });
    expect(error).toMatchObject({ code });
    expect(error.cause, "why the published token was not enough").toMatchObject({ code: "connection_not_found" });
  });

  it("that refuses the role is no reason to withhold a token that still lives", async () => {
    await world.publish("rd-station/ungranted", "token", origin, 50);
    const broker = await startHttpServer((_request, response) =>
      response.writeHead(403).end('{"message":"Forbidden"}'),
    );
    const tokens = client({ brokerUrl: broker.url, minimumSeconds: 60 });
    expect(await tokens.getAccessToken("rd-station/ungranted")).toBe("token");
    await broker.close();
  });

  it("that leads elsewhere is not followed: what is signed is for the broker alone", async () => {
    const stranger = await startHttpServer((_request, response) => response.end());
    const answer = { status: 307, headers: { location: stranger.url }, body: "" };
    expect(await asked(answer)).toMatchObject({ code: "broker_unavailable" });
    expect(stranger.received).toEqual([]);
    await stranger.close();
  });
});
