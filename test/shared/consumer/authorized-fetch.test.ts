import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTokenClient, type TokenClient } from "../../../shared/consumer/index.ts";
import {
  type HttpServer,
  publishedWorld,
  type ReceivedRequest,
  startHttpServer,
} from "../../support/published-world.ts";

type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
};

const connection = "rd-station/acme";

let world: Awaited<ReturnType<typeof publishedWorld>>;
/** The connection's API, and a server of somebody else. Both answer what the test says. */
let api: HttpServer;
let elsewhere: HttpServer;
let answers: (request: ReceivedRequest) => Answer;
let tokens: TokenClient;

beforeAll(async () => {
  world = await publishedWorld();
});
afterAll(() => world.close());

beforeEach(async () => {
  answers = () => ({ status: 200 });
  const start = () =>
    startHttpServer((request, response) => {
      const { status, headers = {} } = answers(request);
      response.writeHead(status, headers as Record<string, string>).end(`${status}`);
    });
  [api, elsewhere] = await Promise.all([start(), start()]);
  await world.publish(connection, "token-1", api.url);
  tokens = createTokenClient({ secretsManager: world.secretsManager, brokerUrl: "" });
});
afterEach(() => Promise.all([api.close(), elsewhere.close()]));

const bearers = (server: HttpServer) => server.received.map(({ headers }) => headers.authorization);

describe("a request", () => {
  it("goes to the connection's origin with its token, and with all that the caller gave", async () => {
    const body = JSON.stringify({ name: "Ana" });
    const response = await tokens.fetch(connection, "/contacts?x=1", {
      method: "post",
      headers: { "content-type": "application/json", authorization: "Basic of-the-caller", "x-own": "1" },
      body,
    });
    expect(response.status).toBe(200);
    expect(api.received).toMatchObject([
      {
        method: "POST",
        url: "/contacts?x=1",
        headers: { authorization: "Bearer token-1", "content-type": "application/json", "x-own": "1" },
        body,
      },
    ]);
  });

  it("may be a Request, with members beside it that win", async () => {
    const request = new Request(`${api.url}/contacts`, { method: "PUT", body: "x", headers: { "x-own": "1" } });
    await tokens.fetch(connection, request.clone(), { headers: { "x-own": "2" } });
    expect(api.received).toMatchObject([{ method: "PUT", body: "x", headers: { "x-own": "2" } }]);
    await tokens.fetch(connection, request.clone(), {
      method: undefined,
      headers: undefined,
      body: undefined,
    } as object);
    expect(api.received[1]).toMatchObject({ method: "PUT", body: "x", headers: { "x-own": "1" } });
    await tokens.fetch(connection, new URL("/contacts", api.url));
    expect(api.received[2]).toMatchObject({ method: "GET", url: "/contacts" });
  });

  it("to anywhere else is not sent at all", async () => {
    await expect(tokens.fetch(connection, `${elsewhere.url}/contacts`)).rejects.toMatchObject({
      code: "origin_refused",
      connection,
    });
    expect(elsewhere.received).toEqual([]);
  });

  it("ends where its signal says so", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(tokens.fetch(connection, "/contacts", { signal })).rejects.toThrow("enough");
    expect(api.received).toEqual([]);
  });
});

describe("an answer of 401", () => {
  beforeEach(() => {
    answers = ({ headers }) => ({ status: headers.authorization === "Bearer token-2" ? 200 : 401 });
  });

  it.each([
    ["without a body", undefined],
    ["with a text", "text"],
    ["with parameters", new URLSearchParams({ a: "1" })],
    ["with bytes", new TextEncoder().encode("bytes")],
    ["with a Blob", new Blob(["blob"])],
    ["with a form", Object.assign(new FormData(), {})],
  ])("has a request %s sent once more, with the token that is stored by now", async (_, body) => {
    if (body instanceof FormData) body.append("name", "Ana");
    await tokens.getAccessToken(connection);
    await world.publish(connection, "token-2", api.url);
    const init = body === undefined ? {} : { method: "POST", body };
    expect((await tokens.fetch(connection, "/contacts", init)).status).toBe(200);
    expect(bearers(api)).toEqual(["Bearer token-1", "Bearer token-2"]);
    const [first, second] = api.received.map((request) => request.body.replaceAll(/formdata-[^\r\n"]*/g, "boundary"));
    expect(second).toBe(first);
    if (body !== undefined) expect(first).not.toBe("");
  });

  it.each([
    ["a stream", () => ({ body: new Blob(["x"]).stream(), duplex: "half" as const })],
    ["what is read as it comes", () => ({ body: flowing(), duplex: "half" as const })],
  ])("is the caller's where the body was %s; the next request has another token", async (_, init) => {
    await tokens.getAccessToken(connection);
    await world.publish(connection, "token-2", api.url);
    expect((await tokens.fetch(connection, "/contacts", { method: "POST", ...init() })).status).toBe(401);
    expect(bearers(api)).toEqual(["Bearer token-1"]);
    expect((await tokens.fetch(connection, "/contacts")).status).toBe(200);
  });

  it("is the caller's where it comes a second time", async () => {
    await tokens.getAccessToken(connection);
    await world.publish(connection, "token-3", api.url);
    expect((await tokens.fetch(connection, "/contacts")).status).toBe(401);
    expect(bearers(api)).toEqual(["Bearer token-1", "Bearer token-3"]);
  });

  it.each([400, 403, 404, 429, 500, 503])("is the only one that has a request repeated: not %d", async (status) => {
    answers = () => ({ status });
    expect((await tokens.fetch(connection, "/contacts")).status).toBe(status);
    expect(api.received).toHaveLength(1);
    expect(tokens.peek(connection)).toBe("token-1");
  });
});

async function* flowing() {
  yield new TextEncoder().encode("x");
}

describe("a redirect", () => {
  const redirect = (status: number, to: () => string) => {
    answers = ({ url }) => (url === "/old" ? { status, headers: { location: to() } } : { status: 200 });
  };

  it.each([301, 302, 303, 307, 308])("within the origin (%d) is followed with the token", async (status) => {
    redirect(status, () => "/new");
    expect((await tokens.fetch(connection, "/old")).url).toBe(`${api.url}/new`);
    expect(bearers(api)).toEqual(["Bearer token-1", "Bearer token-1"]);
  });

  it.each([301, 302, 303, 307, 308])("to another origin (%d) is followed without the token", async (status) => {
    redirect(status, () => `${elsewhere.url}/stolen`);
    const headers = { cookie: "session=1", "proxy-authorization": "Basic x", "x-own": "1" };
    expect((await tokens.fetch(connection, "/old", { headers })).status).toBe(200);
    expect(elsewhere.received).toHaveLength(1);
    expect(JSON.stringify(elsewhere.received)).not.toMatch(/token-1|session=1|Basic x/);
    expect(elsewhere.received[0]?.headers["x-own"]).toBe("1");
  });

  it("that leads away and back does not get the token again", async () => {
    answers = ({ url }) => {
      if (url === "/old") return { status: 302, headers: { location: `${elsewhere.url}/bounce` } };
      if (url === "/bounce") return { status: 302, headers: { location: `${api.url}/delete-everything` } };
      return { status: 401 };
    };
    expect((await tokens.fetch(connection, "/old")).status).toBe(401);
    expect(bearers(api)).toEqual(["Bearer token-1", undefined]);
  });

  it("repeats the body or drops it, as fetch does", async () => {
    redirect(307, () => "/new");
    await tokens.fetch(connection, "/old", { method: "POST", body: "x" });
    redirect(303, () => "/new");
    await tokens.fetch(connection, "/old", { method: "POST", body: "x", headers: { "content-type": "text/x" } });
    const sent = api.received.filter(({ url }) => url === "/new");
    expect(sent.map(({ method, body }) => [method, body])).toEqual([
      ["POST", "x"],
      ["GET", ""],
    ]);
    expect(sent[1]?.headers["content-type"]).toBeUndefined();
  });

  it("is not followed for ever, nor out of HTTP, nor where the caller does not want it", async () => {
    answers = () => ({ status: 302, headers: { location: "/again" } });
    await expect(tokens.fetch(connection, "/old")).rejects.toThrow("again and again");
    expect(api.received).toHaveLength(21);
    redirect(302, () => "data:text/plain,x");
    await expect(tokens.fetch(connection, "/old")).rejects.toThrow("out of HTTP");
    redirect(302, () => "/new");
    await expect(tokens.fetch(connection, "/old", { redirect: "error" })).rejects.toThrow("fetch failed");
    expect((await tokens.fetch(connection, "/old", { redirect: "manual" })).status).toBe(302);
  });
});

describe("with auth: cookie", () => {
  const cookies = () => api.received.map(({ headers }) => headers.cookie);
  const set = (value: string, maxAge: number) => ({
    "set-cookie": [`refresh-token=the-key; Max-Age=99`, `access-token=${value}; Path=/; Max-Age=${maxAge}; HttpOnly`],
  });

  beforeEach(() => {
    tokens = createTokenClient({ secretsManager: world.secretsManager, brokerUrl: "", auth: "cookie" });
  });

  it("the access token goes as a cookie, and the refresh cookie is never sent", async () => {
    await tokens.fetch(connection, "/users", { headers: { cookie: "a=1; refresh-token=stray" } });
    expect(api.received[0]?.headers).toMatchObject({ cookie: "a=1; access-token=token-1" });
    expect(api.received[0]?.headers.authorization).toBeUndefined();
  });

  it("one that the API sets is used for its Max-Age, and not the one that came with it", async () => {
    answers = ({ url }) => ({ status: 200, headers: url === "/first" ? set("set-1", 2) : {} });
    await tokens.fetch(connection, "/first");
    await tokens.fetch(connection, "/second");
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await tokens.fetch(connection, "/third");
    expect(cookies()).toEqual(["access-token=token-1", "access-token=set-1", "access-token=token-1"]);
  });

  it("one that the API set and refuses is forgotten: the token of the connection is sent instead", async () => {
    answers = ({ url, headers }) => {
      if (url === "/first") return { status: 200, headers: set("set-1", 60) };
      return { status: headers.cookie === "access-token=set-1" ? 401 : 200 };
    };
    await tokens.fetch(connection, "/first");
    expect((await tokens.fetch(connection, "/second")).status).toBe(200);
    expect(cookies()).toEqual(["access-token=token-1", "access-token=set-1", "access-token=token-1"]);
  });

  it("that is dead beside a dead cookie is replaced as well", async () => {
    answers = ({ url, headers }) => {
      if (url === "/first") return { status: 200, headers: set("set-1", 60) };
      return { status: headers.cookie === "access-token=token-2" ? 200 : 401 };
    };
    await tokens.fetch(connection, "/first");
    await world.publish(connection, "token-2", api.url);
    expect((await tokens.fetch(connection, "/second")).status).toBe(200);
  });

  it("one that another origin sets is not kept", async () => {
    answers = ({ url }) => {
      if (url === "/first") return { status: 302, headers: { location: `${elsewhere.url}/planted` } };
      return { status: 200, headers: url === "/planted" ? set("planted", 60) : {} };
    };
    await tokens.fetch(connection, "/first");
    await tokens.fetch(connection, "/second");
    expect(cookies()).toEqual(["access-token=token-1", "access-token=token-1"]);
  });
});
