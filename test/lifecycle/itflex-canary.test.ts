import { randomBytes } from "node:crypto";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Canaries, canaryScanner, readObject, scanFiles, secretsIn } from "../support/canary-scanner.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type RecordingProxy, type Substitute, startRecordingProxy } from "../support/recording-proxy.ts";
import { eventually, type Metadata, type Published, type StackClient, stackClient } from "../support/stack-client.ts";

/*
 * iTFLEX answers with the key and the access token in two cookies as well. No key, no token and no cookie is in any log,
 * event, item or answer of ours, also where tokens are published, and where the customer's host repeats what it was sent.
 */

let stack: LocalStack;
let client: StackClient;
let wire: RecordingProxy;
let host: RecordingProxy;
let canaries: Canaries;
let scan: (text: string) => ReadonlySet<string>;
let items: string;
let events: string;
let connected: Metadata;
let published: Published | undefined;
let tombstone: Published | undefined;

/** Unlike the tokens in the answer, so that they can be told from them wherever they are found. */
const planted = { access: randomBytes(48).toString("base64url"), refresh: randomBytes(48).toString("base64url") };
const cookies = [
  `access-token=${planted.access}; Path=/; HttpOnly; Secure; Max-Age=15`,
  `refresh-token=${planted.refresh}; Path=/; HttpOnly; Secure; Max-Age=2592000`,
];

beforeAll(async () => {
  wire = await startRecordingProxy("127.0.0.1");
  host = await startRecordingProxy("127.0.0.1");
  stack = await startLocalStack({
    LOG_LEVEL: "DEBUG",
    PUBLISH: "rd-station,itflex",
    SANDBOX_TOKEN_SECONDS: "600",
  });
  wire.forwardTo(stack.brokerUrl);
  host.forwardTo(stack.sandboxUrl);
  client = stackClient({ brokerUrl: wire.url, awsUrl: stack.awsUrl, sandboxUrl: stack.sandboxUrl }, "itflex");

  const { refresh_token: key } = await client.sandbox.handOut("acme");
  const origin = `${host.url}/itflex/acme`;
  connected = (await client.put("acme", key, origin)).body;
  published = await client.published("acme");
  await client.put("acme", key, origin);
  await client.refresh("acme");
  await client.accessToken("acme");
  await setOtherCookies();
  await meetAnEchoingHost();
  await handKeysIn(key, origin);
  items = JSON.stringify(await scanTable());
  await client.revoke("acme");
  tombstone = await client.published("acme");
  await eventually(async () => (await client.events("acme")).at(-1)?.detail["status"] === "revoked");
  events = JSON.stringify(await client.events());
  await stack.stop();

  canaries = new Map([...wire.exchanges, ...host.exchanges].flatMap(secretsIn).map(([kind, value]) => [value, kind]));
  scan = canaryScanner(canaries);
}, 120_000);

afterAll(async () => {
  await Promise.all([wire?.close(), host?.close(), stack?.dispose()]);
});

async function scanTable(): Promise<readonly unknown[]> {
  const table = new DynamoDBClient({
    endpoint: stack.awsUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  return (await table.send(new ScanCommand({ TableName: "chaveiro" }))).Items ?? [];
}

async function setOtherCookies(): Promise<void> {
  host.answerWith(({ requestBody }) => {
    const key = readObject(requestBody)["refresh_token"];
    const token = `${randomBytes(24).toString("base64url")}.${randomBytes(24).toString("base64url")}`;
    return { ...json(200, { refresh_token: key, access_token: token, expires_in: 600 }), cookies };
  });
  expect((await client.refresh("acme")).status).toBe(200);
  await client.accessToken("acme");
}

async function meetAnEchoingHost(): Promise<void> {
  const echoes: readonly ((key: string) => Substitute)[] = [
    (key) => json(500, { msg: key, error: key }),
    (key) => json(403, { error: key, error_description: key }),
    (key) => json(401, [{ msg: key }]),
    (key) => json(200, { name: key }),
    (key) => ({ status: 401, headers: { "x-token": key, "retry-after": key }, body: `<html>${key}</html>` }),
    (key) => ({ status: 302, headers: { location: `${host.url}/?refresh_token=${key}` }, body: "" }),
    (key) => ({ status: 200, headers: { "content-type": "text/html" }, body: `${key}{"access_token":"${key}` }),
    (key) => json(401, { msg: key }),
    (key) => json(400, { error: key }),
  ];
  for (const answer of echoes) {
    host.answerWith(({ requestBody }) => ({
      ...answer(String(readObject(requestBody)["refresh_token"])),
      cookies,
    }));
    expect((await client.refresh("acme")).status).not.toBe(200);
    await client.metadata("acme");
    await client.accessToken("acme");
  }
  host.answerWith(() => undefined);
  expect((await client.refresh("acme")).status).toBe(200);
}

async function handKeysIn(key: string, origin: string): Promise<void> {
  const unknown = randomBytes(48).toString("base64url");
  await client.put("acme", unknown, origin);
  await client.put("other", unknown, origin);
  for (const hostile of [`https://${key}.example.com/x`, `https://acme:${key}@acme.example.com`, key]) {
    expect((await client.put("acme", key, hostile)).status).toBe(400);
  }
  await client.call("PUT", "/v1/connections/itflex/acme", { refresh_token: [key], origin });
  await client.call("PUT", "/v1/connections/itflex/acme", { refresh_token: key, origin, "refresh-token": key });
}

function json(status: number, body: unknown): Substitute {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

describe("iTFLEX's tokens are published where the operator wants it", () => {
  it("as those of any other provider", () => {
    expect(connected).toMatchObject({ status: "active", secret_name: "chaveiro/itflex/acme" });
    expect(published).toMatchObject({
      token_type: "Bearer",
      provider: "itflex",
      account: "acme",
      generation: 1,
      origin: `${host.url}/itflex/acme`,
    });
    expect(Object.keys(published ?? {})).not.toContain("refresh_token");
    expect(tombstone).toMatchObject({ provider: "itflex", account: "acme", revoked_at: expect.any(String) });
    expect(tombstone).not.toHaveProperty("access_token");
  });
});

describe("what passed the wire", () => {
  it("holds keys, tokens and both cookies", () => {
    const kinds = [...canaries.values()];
    expect(kinds.filter((kind) => kind === "refresh_token").length).toBeGreaterThanOrEqual(2);
    expect(kinds.filter((kind) => kind === "access_token").length).toBeGreaterThanOrEqual(2);
    expect(kinds.filter((kind) => kind === "cookie").length).toBeGreaterThanOrEqual(2);
    expect([planted.access, planted.refresh].map((cookie) => canaries.get(cookie))).toEqual(["cookie", "cookie"]);
    expect([...scan(`{"message":"${planted.refresh.slice(0, 20)}"}`)]).toEqual(["cookie"]);
  });

  it("never went back to the customer's host as a cookie, nor in a URL", () => {
    expect(host.exchanges.length).toBeGreaterThan(12);
    expect(host.exchanges.filter(({ requestHeaders }) => requestHeaders.has("cookie"))).toEqual([]);
    expect(host.exchanges.filter(({ path }) => scan(path).size > 0)).toEqual([]);
    expect(new Set(host.exchanges.map(({ path }) => path))).toEqual(new Set(["/itflex/acme/api/v1/oauth2/token"]));
  });
});

describe("no canary is", () => {
  it("in a line that the process printed, at any level", () => {
    expect(stack.output()).toContain('"level":"WARN"');
    expect(
      stack
        .output()
        .split("\n")
        .filter((line) => scan(line).size > 0),
    ).toEqual([]);
  });

  it("in an event", () => {
    expect(JSON.parse(events).length).toBeGreaterThan(3);
    expect([...scan(events)]).toEqual([]);
  });

  it("in an item of the table", () => {
    expect(items).toContain("itflex/acme");
    expect([...scan(items)]).toEqual([]);
  });

  it("in a file of the data directory", () => {
    expect(scanFiles(stack.dataDirectory, scan)).toEqual([]);
  });

  it("in an answer of ours, but for the access token in the one that carries it", () => {
    const carried = wire.exchanges.filter(({ path, status }) => path.includes("/access-token") && status === 200);
    expect(carried.length).toBeGreaterThan(1);
    const leaks = wire.exchanges.filter(({ body, headers }) => {
      const shown = body.replace(/"access_token":"[^"]+"/, "");
      return scan([...headers].flat().concat(shown).join("\n")).size > 0;
    });
    expect(leaks.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([]);
    expect(wire.exchanges.flatMap(({ headers }) => headers.getSetCookie())).toEqual([]);
  });
});
