import dns from "node:dns";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { timing } from "../../../../shared/broker/timing.ts";
import { type SendOptions, sendRequest } from "../../../../shared/oauth/http.ts";
import {
  type CustomerFetchOptions,
  type CustomerNetwork,
  customerFetch,
} from "../../../../shared/runtime/customer-origin/customer-fetch.ts";
import { isPublicAddress } from "../../../../shared/runtime/customer-origin/public-address.ts";
import { startHttpServer, startTcpServer } from "../../oauth/local-server.ts";
import { hostCertificate, startTlsHost, type TlsHost, testAuthority } from "./tls-host.ts";

const secret = "rt-9YORmXHgOI32k-Y22tZWm";
const open: { readonly close: () => Promise<void> }[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.useRealTimers();
  await Promise.all(open.splice(0).map((server) => server.close()));
});

function closing<Server extends { readonly close: () => Promise<void> }>(server: Server): Server {
  open.push(server);
  return server;
}

async function serve(answer: (response: ServerResponse) => void, certificate?: Parameters<typeof startTlsHost>[1]) {
  return closing(await startTlsHost(answer, certificate));
}

/** A network in which every name leads to these addresses, and only what is public or 127.0.0.1 is allowed. */
function leadingTo(...addresses: readonly string[]): CustomerNetwork & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve: async (host) => {
      asked.push(host);
      return addresses;
    },
    isAllowed: (address) => address === "127.0.0.1" || isPublicAddress(address),
  };
}

function send(
  host: Pick<TlsHost, "port">,
  {
    network = leadingTo("127.0.0.1"),
    name = "acme.example.com",
    send: sendOptions,
    ...options
  }: CustomerFetchOptions & {
    readonly network?: CustomerNetwork;
    readonly name?: string;
    readonly send?: Partial<SendOptions>;
  } = {},
) {
  const fetch = customerFetch(
    { origins: { allowedPorts: [host.port] }, privateAuthorities: testAuthority, ...options },
    network,
  );
  return sendRequest(
    {
      method: "POST",
      url: `https://${name}:${host.port}/api/v1/oauth2/token?a=b`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ secret }),
    },
    { fetch, timeoutMilliseconds: 5000, ...sendOptions },
  );
}

describe("a host that a customer named", () => {
  it("gets the request under its own name, and its answer comes back whole", async () => {
    const host = await serve((response) => {
      response.writeHead(401, { "Retry-After": "7", "X-Twice": ["a", "b"], "Set-Cookie": "a=b" }).end("não");
    });

    const sent = await send(host);

    expect(sent).toMatchObject({
      ok: true,
      response: { status: 401, body: "não", headers: { "retry-after": "7", "x-twice": "a, b" } },
    });
    expect(host.requests).toMatchObject([
      {
        method: "POST",
        url: "/api/v1/oauth2/token?a=b",
        serverName: "acme.example.com",
        headers: { host: `acme.example.com:${host.port}`, "content-type": "application/json", connection: "close" },
        body: JSON.stringify({ secret }),
      },
    ]);
  });

  it("is looked up once for each request, and connected to anew", async () => {
    const host = await serve((response) => response.end("{}"));
    const network = leadingTo("127.0.0.1");
    const lookup = vi.spyOn(dns, "lookup");
    const fetch = customerFetch({ origins: { allowedPorts: [host.port] }, privateAuthorities: testAuthority }, network);

    for (const path of ["/a", "/b"]) {
      const response = await fetch(`https://acme.example.com:${host.port}${path}`);
      expect(await response.text()).toBe("{}");
    }

    expect(host.requests.map(({ method, url }) => [method, url])).toEqual([
      ["GET", "/a"],
      ["GET", "/b"],
    ]);
    expect(network.asked).toEqual(["acme.example.com", "acme.example.com"]);
    expect(host.connections).toHaveLength(2);
    expect(lookup).not.toHaveBeenCalled();
  });

  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ])("may compress with %s, though it is asked not to", async (encoding, compress) => {
    const body = JSON.stringify({ access_token: "x".repeat(20_000) });
    const host = await serve((response) =>
      response.writeHead(200, { "content-encoding": encoding }).end(compress(body)),
    );
    expect(await send(host)).toMatchObject({ ok: true, response: { body } });
    expect(host.requests[0]?.headers["accept-encoding"]).toBe("identity");
    expect(await send(host, { send: { maximumBytes: 10_000 } })).toMatchObject({ ok: false, reason: "body_too_large" });
  });

  it.each([204, 205, 304])("may answer %i, without a body", async (status) => {
    const host = await serve((response) => response.writeHead(status).end());
    const fetch = customerFetch(
      { origins: { allowedPorts: [host.port] }, privateAuthorities: testAuthority },
      leadingTo("127.0.0.1"),
    );
    const response = await fetch(`https://acme.example.com:${host.port}/`);
    expect([response.status, response.body]).toEqual([status, null]);
  });

  it("may not send us elsewhere", async () => {
    const target = await serve((response) => response.end("{}"));
    const host = await serve((response) =>
      response.writeHead(307, { location: `https://acme.example.com:${target.port}/` }).end(),
    );
    expect(await send(host)).toMatchObject({ ok: false, unknown: false, reason: "redirect", arrived: { status: 307 } });
    expect(target.connections).toHaveLength(0);
  });

  it("is not reached through a proxy of the environment", async () => {
    const proxy = closing(await startTcpServer((socket) => socket.end()));
    for (const name of ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"]) vi.stubEnv(name, proxy.origin);
    vi.stubEnv("NODE_USE_ENV_PROXY", "1");
    const host = await serve((response) => response.end("{}"));
    expect(await send(host)).toMatchObject({ ok: true });
    expect(proxy.connections).toHaveLength(0);
  });
});

describe("a name that leads to where nobody may go", () => {
  it.each([
    ["127.0.0.2"],
    ["10.0.0.1"],
    ["169.254.169.254"],
    ["::1"],
    ["::ffff:127.0.0.1"],
    ["::ffff:7f00:1"],
    ["fd00:ec2::254"],
    ["64:ff9b::7f00:1"],
    ["127.0.0.1", "10.0.0.1"],
    ["127.0.0.1", "8.8.8.8", "::1"],
  ])("is refused before anything is connected: %s", async (...addresses) => {
    const host = await serve((response) => response.end("{}"));
    const sent = await send(host, { network: leadingTo(...addresses) });
    expect(sent).toEqual({ ok: false, unknown: false, reason: "address_refused", arrived: undefined });
    expect(host.connections).toHaveLength(0);
  });

  it("is refused in production's own network, where 127.0.0.1 is not allowed either", async () => {
    const host = await serve((response) => response.end("{}"));
    const network = { ...leadingTo("127.0.0.1"), isAllowed: isPublicAddress };
    expect(await send(host, { network })).toMatchObject({ unknown: false, reason: "address_refused" });
    expect(host.connections).toHaveLength(0);
  });

  it("is not asked a second time when its answer changes after the check", async () => {
    const host = await serve((response) => response.end("{}"));
    const answers = [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]];
    const network = { ...leadingTo(), resolve: async () => answers.shift() ?? [] };

    expect(await send(host, { network })).toMatchObject({ ok: true });
    expect(answers).toHaveLength(2);
    expect(await send(host, { network })).toMatchObject({ ok: false, unknown: false, reason: "address_refused" });
    expect(answers).toHaveLength(1);
    expect(host.requests).toHaveLength(1);
  });

  it.each([
    "http://acme.example.com/",
    "https://127.0.0.1/",
    "https://0x7f.1/",
    "https://[::1]/",
    "https://localhost/",
    "https://acme.example.com:8443/",
    "https://metadata.google.internal/",
    "http://127.0.0.1:80/",
    "https://acme.example.com./",
    "data:text/plain,x",
    `https://user:${secret}@acme.example.com/`,
    "no url",
  ])("is not even looked up where no customer may give it: %s", async (url) => {
    const network = leadingTo("127.0.0.1");
    const refused = await customerFetch({}, network)(url).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      name: "NotSentError",
      code: expect.stringMatching(/^(origin_refused|invalid_request)$/),
    });
    expect(`${(refused as Error).stack}`).not.toContain(secret);
    expect(network.asked).toEqual([]);
  });
});

describe("the network that is used where no test puts its own", () => {
  it.each([
    [["169.254.169.254"], []],
    [["127.0.0.1"], []],
    [["8.8.8.8", "10.0.0.1"], []],
    [["127.0.0.1"], ["2606:4700::1111"]],
    [["8.8.8.8"], ["fd00:ec2::254"]],
    [[], ["::ffff:127.0.0.1"]],
    [[], ["::1"]],
  ])(
    "looks up both families, and connects to nobody where one address is not public: %j and %j",
    async (ipv4, ipv6) => {
      const resolver = dns.promises.Resolver.prototype;
      const lookups = [
        vi.spyOn(resolver, "resolve4").mockResolvedValue(ipv4 as never),
        vi.spyOn(resolver, "resolve6").mockResolvedValue(ipv6 as never),
      ];
      const connect = vi.spyOn(Socket.prototype, "connect").mockImplementation(function (this: Socket) {
        return this.destroy();
      });
      const fetch = customerFetch();
      await expect(fetch("https://acme.example.com/")).rejects.toMatchObject({
        name: "NotSentError",
        code: "address_refused",
      });
      expect(connect).not.toHaveBeenCalled();
      for (const lookup of lookups) expect(lookup.mock.calls).toEqual([["acme.example.com"]]);

      lookups[0]?.mockResolvedValue(["8.8.8.8"] as never);
      lookups[1]?.mockResolvedValue(["2606:4700::1111"] as never);
      await expect(fetch("https://acme.example.com/")).rejects.toMatchObject({ code: "ECONNRESET" });
      expect(connect.mock.calls.map(([options]) => hostIn(options))).toEqual(["8.8.8.8", "2606:4700::1111"]);
    },
  );

  /** `net.connect` hands its options on as the first of a list. */
  function hostIn(options: unknown): string | undefined {
    return (Array.isArray(options) ? options[0] : options)?.host;
  }
});

describe("certificates", () => {
  it.each([
    ["another host's", { name: "other.example.com" }, "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["an authority's that nobody has named", { privateAuthorities: undefined }, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ])("are refused where they are %s, and nothing is sent", async (_, options, reason) => {
    const host = await serve((response) => response.end("{}"));
    expect(await send(host, options as never)).toEqual({ ok: false, unknown: false, reason, arrived: undefined });
    expect(host.requests).toEqual([]);
  });

  it("are believed where they are themselves among those of one's own, without whoever signed them", async () => {
    const host = await serve((response) => response.end("{}"));
    const privateAuthorities = hostCertificate;
    expect(await send(host, { privateAuthorities })).toMatchObject({ ok: true });
    expect(await send(host, { privateAuthorities, name: "other.example.com" })).toMatchObject({
      unknown: false,
      reason: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  it("are refused where they are over", async () => {
    const host = await serve((response) => response.end("{}"), "test-only-host-expired.pem");
    expect(await send(host)).toMatchObject({ unknown: false, reason: "CERT_HAS_EXPIRED" });
  });

  it("are verified also where the environment tells Node not to", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    const host = await serve((response) => response.end("{}"));
    const sent = await send(host, { name: "other.example.com" });
    expect(sent).toMatchObject({ unknown: false, reason: "ERR_TLS_CERT_ALTNAME_INVALID" });
    expect(host.requests).toEqual([]);
  });

  it.each(["", "none", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])(
    "of a private authority have to be readable: %s",
    (privateAuthorities) => {
      expect(() => customerFetch({ privateAuthorities })).toThrow("one or more certificates in PEM");
    },
  );
});

describe("a host that cannot be reached", () => {
  it("is tried at its next address, IPv4 first", async () => {
    const host = await serve((response) => response.end("{}"));
    const network = { ...leadingTo("::1", "127.0.0.3", "127.0.0.1"), isAllowed: () => true };
    expect(await send(host, { network })).toMatchObject({ ok: true });
  });

  it("is tried at four of its addresses at most", async () => {
    const host = await serve((response) => response.end("{}"));
    const nobody = Array.from({ length: 4 }, (_, index) => `127.0.0.${index + 2}`);
    const network = { ...leadingTo(...nobody, "127.0.0.1"), isAllowed: () => true };
    expect(await send(host, { network })).toMatchObject({ ok: false, unknown: false, reason: "ECONNREFUSED" });
    expect(host.connections).toHaveLength(0);

    const others = { ...leadingTo(...nobody.slice(1), "127.0.0.1"), isAllowed: () => true };
    expect(await send(host, { network: others })).toMatchObject({ ok: true });
  });

  it("is told from one that does not answer within the time that a provider has", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const network = { ...leadingTo(), resolve: () => new Promise<never>(() => {}) };
    const sending = send({ port: 443 }, { network, send: { timeoutMilliseconds: timing.provider } });
    await vi.advanceTimersByTimeAsync(timing.provider);
    expect(await sending).toEqual({ ok: false, unknown: false, reason: "ETIMEDOUT", arrived: undefined });
  });

  it("has not received anything, whatever the address that failed last", async () => {
    const host = await serve((response) => response.end("{}"));
    await host.close();
    const network = { ...leadingTo("::1", "127.0.0.1"), isAllowed: () => true };
    expect(await send(host, { network })).toEqual({
      ok: false,
      unknown: false,
      reason: "ECONNREFUSED",
      arrived: undefined,
    });
  });

  it.each(["ENOTFOUND", "ESERVFAIL", "ETIMEOUT"])(
    "because its name gives %s has not received anything",
    async (code) => {
      const resolve = async () => Promise.reject(Object.assign(new Error(`queryA ${code} acme`), { code }));
      const sent = await send({ port: 443 }, { network: { ...leadingTo(), resolve } });
      expect(sent).toEqual({ ok: false, unknown: false, reason: code, arrived: undefined });
    },
  );

  it("because its name has no address has not received anything", async () => {
    expect(await send({ port: 443 }, { network: leadingTo() })).toMatchObject({ unknown: false, reason: "ENOTFOUND" });
  });

  it("because its name is looked up for ever is given up in time", async () => {
    const network = { ...leadingTo(), resolve: () => new Promise<never>(() => {}) };
    const sent = await send({ port: 443 }, { network, connectMilliseconds: 50 });
    expect(sent).toEqual({ ok: false, unknown: false, reason: "ETIMEDOUT", arrived: undefined });
  });

  it("because it never ends the handshake is given up in time, and the connection is closed", async () => {
    const host = closing(await startTcpServer(() => {}));
    const sent = await send(host, { connectMilliseconds: 400 });
    expect(sent).toEqual({ ok: false, unknown: false, reason: "ETIMEDOUT", arrived: undefined });
    await vi.waitFor(() => expect(host.connections[0]?.destroyed).toBe(true));
  });

  it.each<readonly [string, string, Parameters<typeof startTcpServer>[0]]>([
    ["hangs up during the handshake", "ECONNRESET", (socket) => socket.destroy()],
    ["does not speak TLS", "ERR_SSL_WRONG_VERSION_NUMBER", (socket) => socket.end("HTTP/1.1 400 no\r\n\r\n")],
  ])("because it %s has not received anything", async (_, reason, onData) => {
    const host = closing(await startTcpServer(onData));
    expect(await send(host)).toEqual({ ok: false, unknown: false, reason, arrived: undefined });
  });
});

describe("a host that may have received the request", () => {
  it.each<readonly [string, string, (response: ServerResponse) => void]>([
    ["hangs up", "ECONNRESET", (response) => response.destroy()],
    ["answers nonsense", "HPE_INVALID_CONSTANT", (response) => response.socket?.end(`${secret}\r\n\r\n`)],
    ["answers a status there is not", "network_error", (response) => response.socket?.end("HTTP/1.1 999 A\r\n\r\n")],
    [
      "switches protocols",
      "network_error",
      (response) => response.socket?.write("HTTP/1.1 101 A\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    ],
    [
      "has endless headers",
      "HPE_HEADER_OVERFLOW",
      (response) => response.socket?.write(`HTTP/1.1 200 OK\r\nA: ${"x".repeat(100_000)}`),
    ],
  ])("and %s leaves it unknown", async (_, reason, answer) => {
    const host = await serve(answer);
    expect(await send(host)).toEqual({ ok: false, unknown: true, reason, arrived: undefined });
  });

  it("and breaks off its body leaves it unknown", async () => {
    const host = await serve((response) => {
      response.writeHead(200, { "content-length": "100" }).write("abc");
      setTimeout(() => response.destroy(), 50);
    });
    expect(await send(host)).toMatchObject({ unknown: true, reason: "truncated_body", arrived: { body: "abc" } });
  });

  it("and compresses wrongly leaves it unknown", async () => {
    const host = await serve((response) => response.writeHead(200, { "content-encoding": "gzip" }).end("not gzip"));
    expect(await send(host)).toMatchObject({ unknown: true, reason: "truncated_body", arrived: { status: 200 } });
  });

  it("and sends without end is cut off at the cap", async () => {
    const host = await serve((response) => {
      const more = () => void (response.destroyed || response.write("x".repeat(1000), () => setImmediate(more)));
      more();
    });
    expect(await send(host, { send: { maximumBytes: 10_000 } })).toMatchObject({ ok: false, reason: "body_too_large" });
    await vi.waitFor(() => expect(host.connections[0]?.destroyed).toBe(true));
  });

  it.each<readonly [string, (response: ServerResponse) => void]>([
    ["never answers", () => {}],
    ["never ends its answer", (response) => response.writeHead(200).write("{")],
  ])("and %s is left in time, and the connection is closed", async (_, answer) => {
    const host = await serve(answer);
    const sent = await send(host, { send: { timeoutMilliseconds: 500 } });
    expect(sent).toMatchObject({ ok: false, unknown: true, reason: "timeout" });
    await vi.waitFor(() => expect(host.connections[0]?.destroyed).toBe(true));
  });

  it("is not read faster than its answer is taken, and closed when nobody wants it", async () => {
    let written = 0;
    const host = await serve((response) => {
      const more = () => {
        while (!response.destroyed && written < 64_000_000) {
          written += 100_000;
          if (!response.write("x".repeat(100_000))) return void response.once("drain", more);
        }
      };
      more();
    });
    const fetch = customerFetch(
      { origins: { allowedPorts: [host.port] }, privateAuthorities: testAuthority },
      leadingTo("127.0.0.1"),
    );
    const response = await fetch(`https://acme.example.com:${host.port}/`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(written).toBeLessThan(32_000_000);
    await response.body?.cancel();
    const [socket] = host.connections;
    if (socket !== undefined && !socket.destroyed) await once(socket, "close");
  });

  it("is told about in errors without anything that it or we have sent", async () => {
    const host = await serve((response) => response.socket?.end(`${secret} ${secret}\r\n\r\n`));
    const fetch = customerFetch(
      { origins: { allowedPorts: [host.port] }, privateAuthorities: testAuthority },
      leadingTo("127.0.0.1"),
    );
    const url = `https://acme.example.com:${host.port}/?${secret}`;
    const error = (await fetch(url, { method: "POST", body: secret }).catch((thrown: unknown) => thrown)) as Error;
    expect({ ...error, cause: error.cause }).toEqual({ code: "HPE_INVALID_CONSTANT", cause: undefined });
    expect(error.stack).not.toMatch(/rt-|acme/);
  });
});

describe("a caller that gives up", () => {
  it("hears its own reason, before and while connecting", async () => {
    const reason = new Error("enough");
    const network = leadingTo("127.0.0.1");
    const fetch = customerFetch({}, network);
    await expect(fetch("https://acme.example.com", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(network.asked).toEqual([]);

    const controller = new AbortController();
    const stuck = { ...network, resolve: () => new Promise<never>(() => {}) };
    const fetching = customerFetch({}, stuck)("https://acme.example.com", { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(fetching).rejects.toBe(reason);
  });
});

describe("loopback origins", () => {
  it("are reached over plain HTTP where they are allowed, without a look-up", async () => {
    const server = closing(await startHttpServer((response) => response.end("{}")));
    const network = leadingTo();
    const fetch = customerFetch({ origins: { allowLoopback: true } }, network);
    for (const host of ["127.0.0.1", "localhost"]) {
      const response = await fetch(`http://${host}:${server.port}/itflex/api`, { method: "POST", body: "{}" });
      expect(await response.text()).toBe("{}");
    }
    expect(server.requests.map(({ url, headers }) => [url, headers.host])).toEqual([
      ["/itflex/api", `127.0.0.1:${server.port}`],
      ["/itflex/api", `localhost:${server.port}`],
    ]);
    expect(network.asked).toEqual([]);
  });

  it("do not make names that lead to loopback any better", async () => {
    const network = { ...leadingTo("127.0.0.1"), isAllowed: isPublicAddress };
    const fetch = customerFetch({ origins: { allowLoopback: true } }, network);
    await expect(fetch("https://acme.example.com")).rejects.toMatchObject({ code: "address_refused" });
    await expect(fetch("http://acme.example.com")).rejects.toMatchObject({ code: "origin_refused" });
  });
});
