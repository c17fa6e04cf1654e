import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Fetch, type HttpRequest, type SendOptions, sendRequest } from "../../../shared/oauth/http.ts";
import { type LocalServer, startHttpServer, startTcpServer } from "./local-server.ts";

const secret = "9YORmXHgOI32k-Y22tZWm-rsf--oFPr8JDCQIQhBEUY";
const servers: LocalServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(answer: (response: ServerResponse) => void): Promise<LocalServer> {
  const server = await startHttpServer(answer);
  servers.push(server);
  return server;
}

async function serveTcp(onData: Parameters<typeof startTcpServer>[0]): Promise<LocalServer> {
  const server = await startTcpServer(onData);
  servers.push(server);
  return server;
}

function post(url: string): HttpRequest {
  return { method: "POST", url, headers: { "content-type": "application/json" }, body: JSON.stringify({ secret }) };
}

function send(url: string, options: Partial<SendOptions> = {}) {
  return sendRequest(post(url), { fetch, timeoutMilliseconds: 5000, ...options });
}

describe("a whole answer", () => {
  it("is returned with its status, lower-case headers and body, whatever the status", async () => {
    const server = await serve((response) => {
      response.writeHead(401, { "Retry-After": "7", "Set-Cookie": `refresh-token=${secret}` }).end("não");
    });

    const sent = await send(`${server.origin}/auth/token?a=b`);

    expect(sent).toMatchObject({ ok: true, response: { status: 401, body: "não", headers: { "retry-after": "7" } } });
    expect(JSON.stringify(sent)).not.toContain(secret);
    expect(server.requests).toMatchObject([
      { method: "POST", url: "/auth/token?a=b", body: JSON.stringify({ secret }) },
    ]);
  });

  it("may have no body", async () => {
    const server = await serve((response) => response.writeHead(204).end());
    expect(await send(server.origin)).toMatchObject({ ok: true, response: { status: 204, body: "" } });
  });

  it("may be exactly as long as the cap", async () => {
    const server = await serve((response) => response.end("x".repeat(100)));
    expect(await send(server.origin, { maximumBytes: 100 })).toMatchObject({ ok: true });
  });

  it("leaves no timer behind", async () => {
    const server = await serve((response) => response.end("{}"));
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    await send(server.origin, { timeoutMilliseconds: 3_600_000 });
    await send("http://127.0.0.1:2/", { timeoutMilliseconds: 3_600_000 });
    expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBeLessThanOrEqual(
      before + 1,
    );
  });
});

describe("redirects", () => {
  it.each([
    [301, false],
    [302, false],
    [303, true],
    [304, true],
    [307, false],
    [308, false],
  ])("doesn't follow a %i", async (status, unknown) => {
    const target = await serve((response) => response.end("{}"));
    const server = await serve((response) => response.writeHead(status, { location: `${target.origin}/steal` }).end());

    const sent = await send(server.origin);

    expect(sent).toMatchObject({ ok: false, unknown, reason: "redirect", arrived: { status, body: "" } });
    expect(target.requests).toEqual([]);
  });

  it("recognises the opaque redirect of a browser-like fetch", async () => {
    const opaque = new Response(null);
    Object.defineProperty(opaque, "type", { value: "opaqueredirect" });
    const sent = await send("https://api.example", { fetch: async () => opaque });
    expect(sent).toMatchObject({ ok: false, unknown: true, reason: "redirect" });
  });
});

describe("a request that never reached the server is not unknown", () => {
  it("when the connection is refused", async () => {
    const server = await startHttpServer((response) => response.end());
    await server.close();
    expect(await send(server.origin)).toEqual({
      ok: false,
      unknown: false,
      reason: "ECONNREFUSED",
      arrived: undefined,
    });
    expect(await send(`http://localhost:${server.port}/`)).toMatchObject({ unknown: false, reason: "ECONNREFUSED" });
  });

  it("when the server doesn't speak TLS", async () => {
    const server = await serve((response) => response.end("{}"));
    expect(await send(`https://127.0.0.1:${server.port}/`)).toMatchObject({
      unknown: false,
      reason: "ERR_SSL_WRONG_VERSION_NUMBER",
    });
  });

  it("when the server hangs up during the TLS handshake", async () => {
    const server = await serveTcp((socket) => socket.destroy());
    expect(await send(`https://127.0.0.1:${server.port}/`)).toMatchObject({ unknown: false, reason: "ECONNRESET" });
  });

  it.each([
    ["a URL that is none", "auth/token", {}],
    ["a URL with credentials", `https://user:${secret}@api.example/`, {}],
    ["a header with a line break", "https://api.example/", { authorization: `Bearer ${secret}\r\nx: y` }],
    ["a header outside Latin-1", "https://api.example/", { authorization: `Bearer ${secret}✓` }],
  ])("when fetch would refuse it: %s", async (_, url, headers) => {
    const neverCalled = vi.fn<Fetch>();
    const sent = await sendRequest({ method: "GET", url, headers }, { fetch: neverCalled, timeoutMilliseconds: 1000 });
    expect(sent).toEqual({ ok: false, unknown: false, reason: "invalid_request", arrived: undefined });
    expect(neverCalled).not.toHaveBeenCalled();
  });
});

describe("a request that may have reached the server is unknown", () => {
  it("when the connection is reset before the headers", async () => {
    const server = await serveTcp((socket) => socket.resetAndDestroy());
    expect(await send(server.origin)).toMatchObject({ ok: false, unknown: true, arrived: undefined });
  });

  it("when the connection is closed in the middle of the headers", async () => {
    const server = await serveTcp((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-ty"));
    expect(await send(server.origin)).toMatchObject({ ok: false, unknown: true, arrived: undefined });
  });

  it("when the answer isn't HTTP", async () => {
    const server = await serveTcp((socket) => socket.end(`SSH-2.0-${secret}\r\n`));
    const sent = await send(server.origin);
    expect(sent).toMatchObject({ ok: false, unknown: true, arrived: undefined });
    expect(JSON.stringify(sent)).not.toContain(secret);
  });

  it("when the connection is reset after the headers, and what had arrived is returned", async () => {
    const server = await serveTcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"access', () => {
        setTimeout(() => socket.resetAndDestroy(), 50);
      });
    });
    expect(await send(server.origin)).toEqual({
      ok: false,
      unknown: true,
      reason: "truncated_body",
      arrived: { status: 200, headers: { "content-length": "1000" }, body: '{"access' },
    });
  });

  it("when the body ends before its announced length", async () => {
    const server = await serveTcp((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}"));
    expect(await send(server.origin)).toMatchObject({ ok: false, unknown: true, reason: "truncated_body" });
  });

  it("when the body doesn't decompress", async () => {
    const server = await serve((response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip at all");
    });
    expect(await send(server.origin)).toMatchObject({ ok: false, unknown: true, reason: "truncated_body" });
  });

  it("when no answer comes in time, and the socket is released", async () => {
    const server = await serve(() => undefined);
    expect(await send(server.origin, { timeoutMilliseconds: 100 })).toEqual({
      ok: false,
      unknown: true,
      reason: "timeout",
      arrived: undefined,
    });
    await vi.waitFor(() => expect(server.connections[0]?.destroyed).toBe(true));
  });

  it("when the body drips slower than the timeout, and the socket is released", async () => {
    let dripping: ReturnType<typeof setInterval> | undefined;
    const server = await serve((response) => {
      dripping = setInterval(() => response.write("x"), 20);
    });
    const sent = await send(server.origin, { timeoutMilliseconds: 200 });
    expect(sent).toMatchObject({
      ok: false,
      unknown: true,
      reason: "timeout",
      arrived: { status: 200, body: expect.stringMatching(/^x+$/) },
    });
    await vi.waitFor(() => expect(server.connections[0]?.destroyed).toBe(true));
    clearInterval(dripping);
  });

  it("when the body never ends, which is cut off at the cap, and the socket is released", async () => {
    const server = await serve((response) => {
      const pour = () => {
        while (!response.destroyed && response.write("x".repeat(10_000)));
        if (!response.destroyed) response.once("drain", pour);
      };
      pour();
    });
    const sent = await send(server.origin);
    expect(sent).toMatchObject({ ok: false, unknown: true, reason: "body_too_large", arrived: { status: 200 } });
    expect(sent.ok ? 0 : sent.arrived?.body.length).toBeLessThanOrEqual(64 * 1024);
    await vi.waitFor(() => expect(server.connections[0]?.destroyed).toBe(true));
  });

  it("when a small body unpacks to a huge one", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const server = await serve((response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
    expect(await send(server.origin)).toMatchObject({ ok: false, reason: "body_too_large" });
  });
});

describe("a fake fetch", () => {
  const url = "https://api.example/auth/token";

  it("gets the request as it was described, and a signal", async () => {
    const fake = vi.fn<Fetch>(async () => new Response("{}", { status: 200 }));
    expect(await send(url, { fetch: fake })).toMatchObject({ ok: true, response: { status: 200, body: "{}" } });
    expect(fake.mock.calls).toEqual([
      [url, { ...post(url), url: undefined, redirect: "manual", signal: expect.any(AbortSignal) }],
    ]);
  });

  it("may ignore the signal and is timed out all the same", async () => {
    const never: Fetch = () => new Promise(() => undefined);
    expect(await send(url, { fetch: never, timeoutMilliseconds: 20 })).toMatchObject({ reason: "timeout" });
  });

  it("may answer after the timeout: the body is released", async () => {
    const cancel = vi.fn();
    const late: Fetch = async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return new Response(new ReadableStream({ cancel }));
    };
    expect(await send(url, { fetch: late, timeoutMilliseconds: 20 })).toMatchObject({ reason: "timeout" });
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce());
  });

  it.each([
    ["a redirect", () => ({ status: 302 }), 1],
    ["a body above the cap", () => ({ status: 200 }), 70_000],
    ["a body that stops", () => ({ status: 200 }), 1],
  ])("has its body released on %s", async (_, init, size) => {
    const cancel = vi.fn();
    const start = (controller: ReadableStreamDefaultController) => controller.enqueue(new Uint8Array(size));
    const fake: Fetch = async () => new Response(new ReadableStream({ start, cancel }), init());
    expect(await send(url, { fetch: fake, timeoutMilliseconds: 50 })).toMatchObject({ ok: false });
    expect(cancel).toHaveBeenCalledOnce();
  });

  it.each([
    [
      "synchronously",
      () => {
        throw new TypeError(secret);
      },
    ],
    [
      "asynchronously",
      async () => {
        throw new Error(secret, { cause: new Error(secret) });
      },
    ],
    ["something that is no error", () => Promise.reject(secret)],
  ])("may throw %s: nothing is known, and nothing of it is repeated", async (_, fake) => {
    const sent = await send(url, { fetch: fake });
    expect(sent).toEqual({ ok: false, unknown: true, reason: "network_error", arrived: undefined });
  });
});
