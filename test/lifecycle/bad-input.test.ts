import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { type AttributeValue, DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { stackClient } from "../support/stack-client.ts";

const appOrigin = "https://app.example";
const connection = "/v1/connections/rd-station/acme";
const newConnection = "/v1/connections/rd-station/newcomer";
let stack: LocalStack;
let table: DynamoDBClient;
let stored: string;

beforeAll(async () => {
  stack = await startLocalStack({
    SWEEP_SECONDS: "3600",
    SANDBOX_TOKEN_SECONDS: "3600",
    RETURN_TO_ORIGINS: appOrigin,
  });
  table = new DynamoDBClient({
    endpoint: stack.awsUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  await stackClient(stack).connect("acme");
  stored = await everythingStored();
}, 90_000);
afterEach(async () => {
  const now = await everythingStored();
  // What one test has stored is not also the next one's fault.
  const before = stored;
  stored = now;
  expect(now).toBe(before);
});
afterAll(async () => {
  table?.destroy();
  await stack?.dispose();
}, 30_000);

async function everythingStored(): Promise<string> {
  const items: Record<string, AttributeValue>[] = [];
  let from: Record<string, AttributeValue> | undefined;
  do {
    const page = await table.send(
      new ScanCommand({ TableName: "chaveiro", ConsistentRead: true, ...(from && { ExclusiveStartKey: from }) }),
    );
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return JSON.stringify(items.sort((a, b) => (a["pk"]?.S ?? "").localeCompare(b["pk"]?.S ?? "")));
}

type Sent = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string };

/** Sends exactly this path and these bytes; `fetch` would tidy them up. */
function send(
  method: string,
  path: string,
  options: { readonly body?: string | Buffer; readonly headers?: Record<string, string> } = {},
): Promise<Sent> {
  const { port } = new URL(stack.brokerUrl);
  return new Promise((resolve, reject) => {
    const { body, headers = {} } = options;
    const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const length: Record<string, string> =
      body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const request = httpRequest(
      { host: "127.0.0.1", port, method, path, headers: { ...type, ...length, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      },
    );
    // A server that answers before it has read everything may close the connection while we still send.
    request.on("error", reject);
    request.end(body);
  });
}

/** An error of ours: five members, one clear sentence or two, and nothing of our insides. */
function expectProblem(answer: Sent, status: number, code: string): string {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status });
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  expect(answer.headers["set-cookie"]).toBeUndefined();
  const problem = JSON.parse(answer.text) as Record<string, unknown>;
  expect(Object.keys(problem).sort()).toEqual(["code", "detail", "status", "title", "type"]);
  expect(problem).toMatchObject({ type: "about:blank", status, code, title: expect.stringMatching(/^[A-Z]/) });
  const detail = String(problem["detail"]);
  expect(detail).toMatch(/^[\x20-\x7e]{10,250}\.$/);
  expect(detail).not.toMatch(/\bat \S+ \(|\.ts|node:|undefined|\[object|Error:|"\w+" \|/);
  return detail;
}

describe("a provider that nobody knows", () => {
  it.each([
    ["GET", ""],
    ["PUT", ""],
    ["DELETE", ""],
    ["POST", "/authorization"],
    ["POST", "/refresh"],
    ["GET", "/access-token"],
  ])("%s …/acme%s", async (method, rest) => {
    for (const provider of ["nobody", "RD-STATION", "__proto__", "constructor", "rd-station%20", "rd-station%2F.."]) {
      const detail = expectProblem(
        await send(method, `/v1/connections/${provider}/acme${rest}`),
        404,
        "provider_unknown",
      );
      expect(detail).toContain("rd-station");
    }
  });

  it("is not listed either", async () => {
    for (const provider of ["nobody", "", "rd-station,rd-station"])
      expectProblem(await send("GET", `/v1/connections?provider=${provider}`), 404, "provider_unknown");
  });
});

describe("an account", () => {
  const malformed = [
    "-acme",
    ".acme",
    "_acme",
    "%20acme",
    "acme%20",
    "acme%0A",
    "acme%0D%0Aset-cookie:%20x=y",
    "acme%00",
    "acme%2Fother",
    "acme%2F..%2Fother",
    "%2E%2E%2Facme",
    "acme%5Cother",
    "acme%25",
    "acme%2525",
    "%C3%A9",
    "%FF%FE",
    "%zz",
    "acme%E2%80%AE",
    "acme@example.com",
    "acme:1",
    "acme;a=b",
    "acme,other",
    "{account}",
    "$acme",
    `a${"b".repeat(64)}`,
    "a".repeat(5_000),
  ];

  it.each(malformed)("%s is refused on every route", async (account) => {
    for (const [method, rest] of [
      ["GET", ""],
      ["PUT", ""],
      ["DELETE", ""],
      ["POST", "/authorization"],
      ["POST", "/refresh"],
      ["GET", "/access-token"],
    ] as const) {
      expectProblem(await send(method, `/v1/connections/rd-station/${account}${rest}`), 400, "invalid_request");
    }
  });

  it.each(["..", "%2e%2e", ".", "%2e", ".%2e", "../acme", "%2e%2e/acme", "..%2facme", "", "/acme"])(
    "%j is nothing that is found or taken",
    async (account) => {
      for (const method of ["PUT", "DELETE", "POST"]) {
        const answer = await send(method, `/v1/connections/rd-station/${account}`);
        expect([400, 404]).toContain(answer.status);
      }
    },
  );
});

describe("a connection that does not exist", () => {
  it.each([
    ["GET", ""],
    ["DELETE", ""],
    ["DELETE", "?force=true"],
    ["POST", "/refresh"],
    ["GET", "/access-token"],
    ["GET", "/access-token?minimum_seconds=60"],
    ["GET", "/access-token?rejected=0123456789abcdef"],
  ])("%s …/newcomer%s", async (method, rest) => {
    expectProblem(await send(method, newConnection + rest), 404, "connection_not_found");
  });
});

const authorization = `${connection}/authorization`;

describe("a body", () => {
  const notObjects = ["null", "true", "7", '"text"', "[]", "[{}]", '[{"refresh_token":"x"}]', "[null]"];
  const notJson = [
    "{",
    "{]",
    "refresh_token=x",
    "{'a':1}",
    "undefined",
    "NaN",
    '{"a":1}{"b":2}',
    " ",
    "\0",
    "\ufeff{}",
  ];

  it.each([...notObjects, ...notJson])("that is %j is refused", async (body) => {
    expectProblem(await send("PUT", newConnection, { body }), 400, "invalid_request");
    expectProblem(await send("POST", authorization, { body }), 400, "invalid_request");
  });

  it.each([
    ["{}", "refresh_token"],
    ['{"refresh_token":null}', "refresh_token"],
    ['{"refresh_token":7}', "refresh_token"],
    ['{"refresh_token":true}', "refresh_token"],
    ['{"refresh_token":["hush-hush"]}', "refresh_token"],
    ['{"refresh_token":{"value":"hush-hush"}}', "refresh_token"],
    ['{"refresh_token":""}', "refresh_token"],
    ['{"refresh_token":"hush hush"}', "refresh_token"],
    ['{"refresh_token":"hush-hush\\n"}', "refresh_token"],
    ['{"refresh_token":"hush-hush-é"}', "refresh_token"],
    ['{"refresh_token":"hush-hush\\u0000"}', "refresh_token"],
    [`{"refresh_token":"${"x".repeat(16_385)}"}`, "refresh_token"],
    ['{"refresh_token":"hush-hush","origin":null}', "origin"],
    ['{"refresh_token":"hush-hush","origin":7}', "origin"],
    ['{"refresh_token":"hush-hush","origin":["https://api.rd.services"]}', "origin"],
    ['{"refresh_token":"hush-hush","origin":"https://api.rd.services"}', "origin"],
    ['{"refresh_token":"hush-hush","origin":"https://evil.example"}', "origin"],
    ['{"refresh_token":"hush-hush","access_token":"hush-hush"}', "access_token"],
    ['{"refresh_token":"hush-hush","__proto__":{"origin":"hush-hush"}}', "__proto__"],
    ['{"refresh_token":"hush-hush","constructor":"hush-hush"}', "constructor"],
    ['{"refreshToken":"hush-hush"}', "refresh_token"],
  ])("of PUT that is %s is refused by the name of what is wrong, and not quoted", async (body, member) => {
    const detail = expectProblem(await send("PUT", newConnection, { body }), 400, "invalid_request");
    expect(detail).toContain(member);
    expect(detail).not.toMatch(/hush|evil/);
    expect(stack.output()).not.toContain("hush");
  });

  it.each([
    ['{"expires_in_seconds":59}', "expires_in_seconds"],
    ['{"expires_in_seconds":604801}', "expires_in_seconds"],
    ['{"expires_in_seconds":0}', "expires_in_seconds"],
    ['{"expires_in_seconds":-3600}', "expires_in_seconds"],
    ['{"expires_in_seconds":60.5}', "expires_in_seconds"],
    ['{"expires_in_seconds":1e99}', "expires_in_seconds"],
    ['{"expires_in_seconds":1e999}', "expires_in_seconds"],
    ['{"expires_in_seconds":"3600"}', "expires_in_seconds"],
    ['{"expires_in_seconds":null}', "expires_in_seconds"],
    ['{"expires_in_seconds":[3600]}', "expires_in_seconds"],
    ['{"allow_other_account":"true"}', "allow_other_account"],
    ['{"allow_other_account":1}', "allow_other_account"],
    ['{"allow_other_account":null}', "allow_other_account"],
    ['{"return_to":7}', "return_to"],
    ['{"return_to":null}', "return_to"],
    ['{"return_to":["https://app.example/"]}', "return_to"],
    ['{"return_to":""}', "return_to"],
    ['{"return_to":"/done"}', "return_to"],
    ['{"return_to":"//app.example/done"}', "return_to"],
    ['{"return_to":"app.example/done"}', "return_to"],
    ['{"return_to":"https://other.example/"}', "return_to"],
    ['{"return_to":"http://app.example/"}', "return_to"],
    ['{"return_to":"https://app.example:8443/"}', "return_to"],
    ['{"return_to":"https://app.example.evil.example/"}', "return_to"],
    ['{"return_to":"https://evil.example/https://app.example"}', "return_to"],
    ['{"return_to":"https://app.example@evil.example/"}', "return_to"],
    ['{"return_to":"https://ana:hush-hush@app.example/"}', "return_to"],
    ['{"return_to":"https://ana@app.example/"}', "return_to"],
    ['{"return_to":"javascript:alert(1)//https://app.example"}', "return_to"],
    ['{"return_to":"JaVaScRiPt:alert(1)"}', "return_to"],
    ['{"return_to":"data:text/html,hello"}', "return_to"],
    ['{"return_to":"file:///etc/passwd"}', "return_to"],
    ['{"return_to":"blob:https://app.example/x"}', "return_to"],
    ['{"redirect_uri":"https://app.example/"}', "redirect_uri"],
    ['{"returnTo":"https://app.example/"}', "returnTo"],
    ['{"__proto__":{"allow_other_account":true}}', "__proto__"],
    ['{"toString":1}', "toString"],
  ])("of a ticket that is %s is refused by the name of what is wrong", async (body, member) => {
    const detail = expectProblem(await send("POST", authorization, { body }), 400, "invalid_request");
    expect(detail).toContain(member);
    expect(detail).not.toContain("hush");
  });

  it.each(["return_to", "refresh_token"])("with a %s nested as deep as may be is refused", async (member) => {
    const body = `{"${member}":${"[".repeat(32_000)}${"]".repeat(32_000)}}`;
    expectProblem(await send("PUT", newConnection, { body }), 400, "invalid_request");
    expectProblem(await send("POST", authorization, { body }), 400, "invalid_request");
    expectProblem(await send("POST", authorization, { body: "[".repeat(60_000) }), 400, "invalid_request");
  });

  it("that is not UTF-8 is refused", async () => {
    const body = Buffer.concat([Buffer.from('{"refresh_token":"'), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]);
    for (const type of ["application/json", "application/octet-stream"]) {
      const headers = { "content-type": type };
      expectProblem(await send("PUT", newConnection, { body, headers }), 400, "invalid_request");
    }
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "nonsense", "image/png"])(
    "is read as JSON also where it is called %s, and a form is refused",
    async (type) => {
      const headers = { "content-type": type };
      const form = "refresh_token=hush-hush&origin=";
      const detail = expectProblem(await send("PUT", newConnection, { body: form, headers }), 400, "invalid_request");
      expect(detail).not.toContain("hush");
      const wrong = '{"refresh_token":"hush hush"}';
      expect(
        expectProblem(await send("PUT", newConnection, { body: wrong, headers }), 400, "invalid_request"),
      ).toContain("refresh_token");
    },
  );

  it("of more than 64 KiB is too large", async () => {
    const body = `{"refresh_token":"${"x".repeat(65_536)}"}`;
    for (const type of ["application/json", "application/octet-stream"]) {
      const headers = { "content-type": type };
      expectProblem(await send("PUT", newConnection, { body, headers }), 413, "request_too_large");
      expectProblem(await send("POST", authorization, { body, headers }), 413, "request_too_large");
    }
  });

  it("of 64 KiB and one byte, in any letters, is too large", async () => {
    const body = JSON.stringify({ return_to: "é".repeat(32_759) });
    expect(Buffer.byteLength(body)).toBeGreaterThan(65_530);
    const longer = `${body}${" ".repeat(65_537 - Buffer.byteLength(body))}`;
    expectProblem(await send("POST", authorization, { body: longer }), 413, "request_too_large");
    expectProblem(await send("POST", authorization, { body: longer.slice(0, -1) }), 400, "invalid_request");
  });

  it("of 11 MB does not get past the gateway, whether its length is said or not", async () => {
    const body = Buffer.alloc(11 * 1024 * 1024, "x");
    for (const init of [{ body }, { body: new Blob([body]).stream(), duplex: "half" }]) {
      const answer = await fetch(stack.brokerUrl + newConnection, { method: "PUT", ...init } as RequestInit);
      await answer.text();
      expect(answer.status).toBe(413);
    }
  });
});

describe("a query", () => {
  it.each([
    "banana",
    "-1",
    "1.5",
    "1e3",
    "",
    "%20",
    "1%20",
    "+1",
    "0x10",
    "1|2",
    "1|",
    "%D9%A1",
    "9999999999",
    "9".repeat(400),
    "Infinity",
    "NaN",
    "null",
    "1&minimum_seconds=2",
    "60%0D%0Ax-injected:%201",
  ])("with minimum_seconds=%s is refused", async (value) => {
    const answer = await send("GET", `${connection}/access-token?minimum_seconds=${value}`);
    expect(expectProblem(answer, 400, "invalid_request")).toContain("minimum_seconds");
  });

  it("that asks for more than 80 % of a token's life is refused, with what it may be", async () => {
    for (const seconds of [2_881, 3_600, 86_400, 999_999_999]) {
      const answer = await send("GET", `${connection}/access-token?minimum_seconds=${seconds}`);
      expect(expectProblem(answer, 400, "invalid_request")).toMatch(/minimum_seconds.* 2880 /);
    }
  });

  it.each([
    "",
    "abc",
    "0123456789abcde",
    "0123456789abcdef0",
    "0123456789abcdeg",
    "%20123456789abcde",
    "0123456789abcdef%0A",
    "0123456789abcdef&rejected=0123456789abcdef",
    "eyJhbGciOiJSUzI1NiJ9.hush-hush.sig",
  ])("with rejected=%s is refused, and not quoted", async (value) => {
    const answer = await send("GET", `${connection}/access-token?rejected=${value}`);
    const detail = expectProblem(answer, 400, "invalid_request");
    expect(detail).toContain("rejected");
    expect(detail).not.toMatch(/hush|eyJ/);
  });

  it.each(["0", "101", "x", "", "-1", "1.5", "50,50", "50&limit=60", "9".repeat(100)])(
    "with limit=%s is refused",
    async (limit) => {
      const answer = await send("GET", `/v1/connections?limit=${limit}`);
      expect(expectProblem(answer, 400, "invalid_request")).toContain("limit");
    },
  );

  it.each([
    "",
    "garbage",
    "%00",
    "e30",
    "W10",
    encode([]),
    encode(["rd-station"]),
    encode(["nobody", null]),
    encode(["rd-station", 7]),
    encode(["rd-station", "garbage"]),
    encode(["rd-station", Buffer.from("../x").toString("base64url")]),
    encode(["rd-station", { $ne: null }]),
    encode({ provider: "rd-station" }),
    "A".repeat(8_000),
  ])("with cursor=%s is refused", async (cursor) => {
    const answer = await send("GET", `/v1/connections?cursor=${cursor}`);
    expect(expectProblem(answer, 400, "invalid_request")).toContain("cursor");
  });

  it.each(["unknown", "", "ACTIVE", "unconnected", "active,revoked", "active&status=revoked"])(
    "with status=%s is refused, with what it may be",
    async (status) => {
      const answer = await send("GET", `/v1/connections?status=${status}`);
      expect(expectProblem(answer, 400, "invalid_request")).toContain(
        "status has to be one of active, degraded, reauthorization_required, revoking, revoked",
      );
    },
  );

  it.each(["maybe", "", "1", "TRUE", "yes", "true,true", "true&force=true", "true%20"])(
    "with force=%s revokes nothing",
    async (force) => {
      const answer = await send("DELETE", `${connection}?force=${force}`);
      expect(expectProblem(answer, 400, "invalid_request")).toContain("force has to be true or false");
    },
  );
});

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

describe("a route that there is not", () => {
  it.each([
    ["POST", connection],
    ["PATCH", connection],
    ["OPTIONS", connection],
    ["TRACE", connection],
    ["PROPFIND", connection],
    ["HEAD", connection],
    ["POST", "/v1/connections"],
    ["DELETE", "/v1/connections"],
    ["PUT", authorization],
    ["GET", authorization],
    ["DELETE", authorization],
    ["GET", `${connection}/refresh`],
    ["PUT", `${connection}/refresh`],
    ["POST", `${connection}/access-token`],
    ["HEAD", `${connection}/access-token`],
    ["POST", "/auth/rd-station/start"],
    ["POST", "/auth/rd-station/callback?code=a&state=b"],
    ["HEAD", "/healthz"],
    ["GET", "/V1/connections"],
    ["GET", "/v1/connections/"],
    ["GET", `${connection}/`],
    ["GET", "/v1/connections/rd-station"],
    ["GET", "/v1"],
    ["GET", "/auth/rd-station"],
    ["GET", "/nothing"],
    ["GET", "/.env"],
    ["GET", "/%2e%2e/%2e%2e/etc/passwd"],
  ])("%s %s is API Gateway's to answer", async (method, path) => {
    const answer = await send(method, path);
    expect(answer.status).toBe(404);
    if (method === "HEAD") expect(answer.text).toBe("");
    else expect(JSON.parse(answer.text)).toEqual({ message: "Not Found" });
  });

  it("is what HEAD is on the browser's routes: nothing is begun and no code is exchanged", async () => {
    const client = stackClient(stack);
    const { authorization_url } = await client.ticket("headed");
    const { code } = await client.sandbox.approve("Headed");
    stored = await everythingStored();
    await client.sandbox.reset(["counters", "log"]);
    const { pathname, search } = new URL(authorization_url);
    for (const path of [pathname + search, `/auth/rd-station/callback?code=${code}&state=${"a".repeat(43)}`]) {
      const answer = await send("HEAD", path);
      expect(answer.status).toBe(404);
      expect(answer.headers.location).toBeUndefined();
      expect(answer.headers["set-cookie"]).toBeUndefined();
    }
    expect(await client.sandbox.log()).toEqual([]);
  });
});

describe("a request that is absurd", () => {
  /** Node answers while we still send, and closes: its answer may get lost on the way. */
  const statusOf = (path: string, headers: Record<string, string> = {}) =>
    send("GET", path, { headers }).then(
      ({ status }) => status,
      () => "cut off",
    );

  it.each([
    ["a very long query", `${connection}?x=${"a".repeat(60_000)}`],
    ["a very long path", `/v1/connections/rd-station/${"a".repeat(60_000)}`],
    [
      "1,500 parameters",
      `/v1/connections?${Array.from({ length: 1_500 }, (_, index) => `a${index}=1`).join("&")}&limit=0`,
    ],
  ])("%s is refused", async (_, path) => {
    expect([400, 414, 431, "cut off"]).toContain(await statusOf(path));
  });

  it.each([
    ["a header of 60,000 characters", { "x-long": "a".repeat(60_000) }],
    [
      "500 headers of 100 characters",
      Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, "a".repeat(100)])),
    ],
  ] as const)("%s is refused", async (_, headers) => {
    expect([400, 431, "cut off"]).toContain(await statusOf(connection, { ...headers }));
  });

  it.each([
    [{ "content-length": "banana" }],
    [{ accept: "application/xml" }],
    [{ accept: "\xff\xfe" }],
    [{ "accept-language": "x".repeat(5_000) }],
    [{ cookie: ";;;=;chaveiro;chaveiro=;=" }],
    [{ cookie: "chaveiro=".repeat(500) }],
    [{ authorization: "Bearer hush-hush" }],
    [{ authorization: "AWS4-HMAC-SHA256 nonsense" }],
    [{ "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", forwarded: "host=evil.example" }],
    [{ "x-http-method-override": "DELETE" }],
    [{ "content-encoding": "gzip" }],
    [{ expect: "100-continue" }],
    [{ range: "bytes=0-1" }],
    [{ "if-none-match": "*" }],
  ])("%j changes nothing about an answer", async (headers) => {
    const answer = await send("GET", newConnection, { headers });
    if ("content-length" in headers) expect(answer.status).toBe(400);
    else expectProblem(answer, 404, "connection_not_found");
    expect(answer.text).not.toMatch(/evil|hush/);
  });

  it("cannot choose where a ticket's link leads", async () => {
    const headers = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", host: "localhost:1" };
    const answer = await send("POST", authorization, { headers });
    stored = await everythingStored();
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text).authorization_url).toMatch(
      new RegExp(`^${stack.brokerUrl}/auth/rd-station/start\\?ticket=`),
    );
  });

  it("cannot put a header into an answer", async () => {
    const injected = "%0d%0ax-injected:%201%0d%0a%0d%0a<b>";
    for (const path of [
      `/auth/rd-station/start?ticket=${injected}`,
      `/auth/rd-station/callback?code=a&state=${injected}`,
      `/auth/rd-station/callback?code=${injected}&state=b`,
      `/auth/rd-station/callback?error=${injected}&state=b`,
      `/auth/rd-station/result/${injected}`,
      `/auth/${injected}/start?ticket=a`,
      `/v1/connections/rd-station/${injected}`,
      `/v1/connections?cursor=${injected}`,
      `/${injected}`,
    ]) {
      const answer = await send("GET", path);
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers["x-injected"]).toBeUndefined();
      expect(answer.text).not.toContain("<b>");
    }
  });

  it("leaves the broker as it was", async () => {
    expect((await send("GET", "/healthz")).text).toBe('{"status":"ok"}');
    expect((await send("GET", `${connection}/access-token`)).status).toBe(200);
    expect((await send("GET", connection)).status).toBe(200);
    expect(stack.output()).not.toMatch(/failed:|"level":"ERROR"|hush/);
  });
});
