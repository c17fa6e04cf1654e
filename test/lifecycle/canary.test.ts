import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sandboxClient } from "../../infra/local/sandbox-client.ts";
import { authorize, browser, decide } from "../support/browser.ts";
import { type Canaries, canaryScanner, readObject, scanFiles, secretsIn } from "../support/canary-scanner.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import {
  type Exchange,
  type RecordingProxy,
  type Substitute,
  startRecordingProxy,
} from "../support/recording-proxy.ts";
import { type AwsFault, eventually, rejectedHash, type StackClient, stackClient } from "../support/stack-client.ts";

/*
 * No token, code, client secret, ticket, state or cookie in any log, event, error or URL that we make.
 *
 * Two recording proxies stand on the wire, one between the broker and its callers and one between the broker and the
 * provider. Whatever secret passes them is a canary, and nowhere else may twelve characters of one be found.
 */

let stack: LocalStack;
let client: StackClient;
let wire: RecordingProxy;
let provider: RecordingProxy;
let canaries: Canaries;
let scan: (text: string) => ReadonlySet<string>;
let events: string;

beforeAll(async () => {
  wire = await startRecordingProxy("127.0.0.1");
  provider = await startRecordingProxy("localhost");
  stack = await startLocalStack({
    LOG_LEVEL: "DEBUG",
    PUBLIC_URL: wire.url,
    RD_STATION_ORIGIN: `${provider.url}/rd-station`,
    RD_STATION_CLIENT_ID: sandboxClient.clientId,
    RD_STATION_CLIENT_SECRET: sandboxClient.clientSecret,
    SANDBOX_TOKEN_SECONDS: "600",
  });
  wire.forwardTo(stack.brokerUrl);
  provider.forwardTo(stack.sandboxUrl);
  client = stackClient({ brokerUrl: wire.url, awsUrl: stack.awsUrl, sandboxUrl: stack.sandboxUrl });

  await client.sandbox.settings({ rotation: "new-old-still-valid" });
  await liveALife();
  await beSwept();
  await meetEveryFailure();
  await meetAnEchoingProvider();
  await handTokensIn();
  await authorizeBadly();
  await revokeBadly();
  await askBadly();
  events = JSON.stringify(await client.events());
  await stack.stop();

  const seen = [...wire.exchanges, ...provider.exchanges].flatMap(secretsIn);
  canaries = new Map([
    ...seen.map(([kind, value]) => [value, kind] as const),
    [sandboxClient.clientSecret, "client_secret"],
  ]);
  scan = canaryScanner(canaries);
}, 240_000);

afterAll(async () => {
  await Promise.all([wire?.close(), provider?.close(), stack?.dispose()]);
});

async function liveALife(): Promise<void> {
  await client.connect("life");
  await client.refresh("life");
  const { access_token } = (await client.accessToken("life")).body;
  await client.accessToken("life", { rejected: rejectedHash(access_token) });
  await client.connect("life");
  await client.sandbox.endGrants("life");
  await client.refresh("life");
  await client.accessToken("life");
  await client.connect("life");
}

async function beSwept(): Promise<void> {
  await client.sandbox.settings({ token_seconds: 8 });
  await client.sandbox.aim("swept", [{ kind: "server-error", endpoint: "token", redeems: "refresh_token", times: 1 }]);
  await client.connect("swept");
  await client.sandbox.settings({ token_seconds: 600 });
  await eventually(async () => (await client.metadata("swept")).generation > 1, 120);
}

async function meetEveryFailure(): Promise<void> {
  await client.connect("failures");
  const faults = [
    { kind: "server-error", status: 500 },
    { kind: "server-error", status: 502 },
    { kind: "html", processed: true },
    { kind: "empty-object", processed: true },
    { kind: "reset" },
    { kind: "reset", processed: true },
    { kind: "cut" },
    { kind: "broken-json" },
    { kind: "redirect", status: 307 },
    { kind: "rate-limit" },
    { kind: "delay", milliseconds: 9_000 },
    { kind: "expires-in", value: 0 },
    { kind: "wrong-client" },
    { kind: "invalid-refresh-token" },
  ];
  for (const fault of faults) {
    await client.sandbox.aim("failures", [{ ...fault, endpoint: "token" }]);
    await client.refresh("failures");
    await client.metadata("failures");
  }
  await client.sandbox.aim("failures", []);
  await client.refresh("failures");
  const denied = { error: "AccessDeniedException", times: 20 } as const;
  const outages: readonly AwsFault[] = [
    { service: "kms", operation: "Decrypt", ...denied },
    { service: "secretsmanager", operation: "UpdateSecretVersionStage", ...denied },
    { service: "events", operation: "PutEvents", ...denied },
    { service: "dynamodb", operation: "UpdateItem", ...denied },
    { service: "dynamodb", operation: "GetItem", ...denied },
  ];
  for (const outage of outages) {
    await client.aws.faults([outage]);
    await client.refresh("failures");
    await client.accessToken("failures");
  }
  await client.aws.faults([]);
}

/** A provider that repeats what it was sent, wherever an answer has room for it. */
async function meetAnEchoingProvider(): Promise<void> {
  await client.connect("echo");
  const echoes: readonly ((sent: string) => Substitute)[] = [
    (sent) => echo(400, { error: sent, error_description: sent }),
    (sent) => echo(401, { error: sent.slice(0, 20), message: sent }),
    (sent) => echo(401, { errors: { error_type: sent.slice(-30), error_message: sent } }),
    (sent) => echo(500, [{ error_type: sent, error_message: sent, path: sent }]),
    (sent) => echo(503, { msg: sent }),
    (sent) => ({ status: 500, headers: { "x-token": sent, "retry-after": sent }, body: `<html>${sent}</html>` }),
    (sent) => ({ status: 302, headers: { location: `http://127.0.0.1:9/?token=${sent}` }, body: "" }),
    (sent) => ({ status: 200, headers: { "content-type": "text/html" }, body: `${sent}{"access_token":"${sent}` }),
    (sent) => echo(200, { name: { toString: sent } }),
  ];
  for (const answer of echoes) {
    for (const member of ["refresh_token", "client_secret"]) {
      provider.answerWith(({ requestBody }) => {
        const sent = readObject(requestBody)[member];
        return typeof sent === "string" ? answer(sent) : undefined;
      });
      await client.refresh("echo");
    }
    provider.answerWith(({ path, requestBody }) => {
      const sent = path.includes("/auth/token") ? readObject(requestBody)["code"] : undefined;
      return typeof sent === "string" ? answer(sent) : undefined;
    });
    await authorize(browser(), (await client.ticket("echo")).authorization_url, { account: "echo" });
  }
  provider.answerWith(() => undefined);
}

function echo(status: number, body: unknown): Substitute {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

async function handTokensIn(): Promise<void> {
  const refreshToken = await client.sandbox.refreshToken("handed-in");
  const url = "/v1/connections/rd-station/handed-in";
  for (const fault of [{ kind: "invalid-refresh-token" }, { kind: "server-error" }, { kind: "wrong-client" }]) {
    await client.sandbox.aim("handed-in", [{ ...fault, endpoint: "token" }]);
    await client.put("handed-in", refreshToken);
  }
  await client.sandbox.aim("handed-in", [{ kind: "reset", processed: true, endpoint: "token" }]);
  await client.put("handed-in", refreshToken);
  await client.call("GET", url);
  await client.sandbox.aim("handed-in", []);
  await client.put("handed-in", refreshToken);
  await client.put("handed-in", refreshToken);
  await client.call("PUT", url, { refresh_token: refreshToken, origin: refreshToken });
  await client.call("PUT", url, { refresh_token: [refreshToken], more: refreshToken });
  await client.call("PUT", url, refreshToken);
  await client.put("handed-in", `${refreshToken} ${refreshToken}`);
  await client.put("handed-in", `${refreshToken}${"x".repeat(70_000)}`);
  for (const body of [`{"refresh_token":"${refreshToken}`, `refresh_token=${refreshToken}`]) {
    await fetch(wire.url + url, { method: "PUT", body, headers: { "content-type": "application/json" } });
  }
}

async function authorizeBadly(): Promise<void> {
  const { authorization_url } = await client.ticket("badly");
  const person = browser();
  const stranger = browser();
  const { callbackUrl } = await decide(person, authorization_url, { account: "badly" });
  await stranger.request(callbackUrl);
  await stranger.request(callbackUrl, { headers: { cookie: `chaveiro=${randomBytes(32).toString("base64url")}` } });
  await person.request(`${callbackUrl}&error=access_denied`);
  await person.request(callbackUrl.replace("code=", "kode="));
  await person.request(callbackUrl.replace(/state=./, "state=%20"));
  await person.request(callbackUrl.replace(/&state=[^&]*/, ""));
  await client.aws.faults([{ service: "kms", operation: "GenerateDataKey", error: "AccessDeniedException", times: 1 }]);
  await person.request(callbackUrl);
  await client.sandbox.faults([{ kind: "wrong-client", endpoint: "token" }]);
  await person.open(callbackUrl);
  await client.sandbox.faults([]);
  await person.open(callbackUrl);
  await client.sandbox.settings({ decline: "redirect" });
  await authorize(person, authorization_url, { account: "badly", decision: "decline" });
  await client.sandbox.settings({ decline: "page" });
  await person.request(authorization_url.replace("ticket=", "ticket=%20"));
  await person.request(`${authorization_url}x`);
  await person.open(authorization_url, { headers: { "sec-purpose": "prefetch" } });
  await authorize(person, authorization_url, { account: "badly" });
  await person.open(authorization_url);
  await authorize(person, (await client.ticket("badly")).authorization_url, { account: "somebody-else" });
}

async function revokeBadly(): Promise<void> {
  await client.connect("revoked");
  for (const part of ["bearer", "token"]) {
    provider.answerWith(({ path, requestHeaders, requestBody }) => {
      if (!path.includes("/auth/revoke")) return undefined;
      const bearer = requestHeaders.get("authorization")?.replace("Bearer ", "") ?? "";
      const sent = part === "bearer" ? bearer : (new URLSearchParams(requestBody).get("token") ?? "");
      return echo(400, { errors: { error_type: sent.slice(0, 40), error_message: sent }, error: sent });
    });
    await client.revoke("revoked");
  }
  provider.answerWith(() => undefined);
  await client.accessToken("revoked");
  await client.revoke("revoked");
  await eventually(async () => (await client.metadata("revoked")).status === "revoked", 120);
}

async function askBadly(): Promise<void> {
  const { access_token } = (await client.accessToken("badly")).body;
  const piece = access_token.slice(-40);
  await client.accessToken("badly", { rejected: access_token });
  await client.accessToken("badly", { minimum_seconds: access_token });
  for (const name of ["cursor", "limit", "status", "provider"]) {
    await client.call("GET", `/v1/connections?${name}=${piece}`);
  }
  await client.call("GET", "/v1/connections");
  await client.call("POST", "/v1/connections/rd-station/badly/authorization", { return_to: `http://${piece}` });
  await client.call("POST", "/v1/connections/rd-station/badly/authorization", { expires_in_seconds: access_token });
}

/** An answer without the one secret that it is there to carry. */
function withoutItsOwn({ method, path, status, headers, body }: Exchange): string {
  const lines = [...headers]
    .filter(([name]) => !["location", "set-cookie"].includes(name))
    .map((pair) => pair.join(": "));
  let location = headers.get("location") ?? "";
  let cookies = headers.getSetCookie().join("\n");
  let shown = body;
  if (path.includes("/start?") && status === 302) {
    location = location.replace(/([?&]state=)[^&]+/, "$1");
    cookies = cookies.replace(/^chaveiro=[^;]+/, "");
  } else if (path.includes("/access-token") && status === 200) {
    shown = body.replace(/"access_token":"[^"]+"/, "");
  } else if (method === "POST" && path.endsWith("/authorization") && status === 201) {
    shown = body.replace(/ticket=[^"&]+/, "");
  }
  return [...lines, location, cookies, shown].join("\n");
}

describe("what passed the wire", () => {
  it("holds canaries of every kind", () => {
    const kinds = [...canaries.values()];
    const least = { access_token: 10, refresh_token: 10, code: 10, state: 10, ticket: 8, cookie: 8, client_secret: 1 };
    for (const [kind, count] of Object.entries(least)) {
      expect(kinds.filter((found) => found === kind).length, kind).toBeGreaterThanOrEqual(count);
    }
  });

  it("is found where it is meant to be", () => {
    const found = wire.exchanges.flatMap(({ headers, body }) => [...scan([...headers, body].flat().join("\n"))]);
    expect([...new Set(found)].sort()).toEqual(["access_token", "cookie", "state", "ticket"]);
  });
});

describe("no canary is", () => {
  it("in a line that the process printed, at any level", () => {
    expect(stack.output()).toContain('"level":"DEBUG"');
    expect(stack.output()).toContain('"level":"ERROR"');
    expect(
      stack
        .output()
        .split("\n")
        .filter((line) => scan(line).size > 0),
    ).toEqual([]);
  });

  it("in an event", () => {
    expect(JSON.parse(events).length).toBeGreaterThan(10);
    expect([...scan(events)]).toEqual([]);
  });

  it("in an answer of ours, but for the one that carries it", () => {
    expect(wire.exchanges.length).toBeGreaterThan(100);
    const leaks = wire.exchanges.flatMap((exchange) =>
      [...scan(withoutItsOwn(exchange))].map(
        (kind) => `${exchange.method} ${exchange.path} ${exchange.status}: ${kind}`,
      ),
    );
    expect(leaks).toEqual([]);
  });

  it("in a URL that we ask the provider for", () => {
    const asked = provider.exchanges.filter(({ path }) => !path.includes("/auth/dialog"));
    expect(asked.length).toBeGreaterThan(50);
    expect(asked.filter(({ path }) => scan(path).size > 0)).toEqual([]);
  });

  it("in a file of the data directory", () => {
    expect(scanFiles(stack.dataDirectory, scan)).toEqual([]);
  });
});

describe("the canary can fail", () => {
  const secret = randomBytes(32).toString("base64url");
  const finds = canaryScanner(new Map([[secret, "secret"]]));
  const base64 = (text: string) => Buffer.from(text).toString("base64");

  it.each([
    ["as it is", secret],
    ["its first twelve characters", secret.slice(0, 12)],
    ["its last twelve characters", secret.slice(-12)],
    ["inside JSON inside JSON", JSON.stringify(JSON.stringify({ secret }))],
    ["in base64", base64(secret)],
    ["in base64 behind one byte", base64(`:${secret}`)],
    ["in base64 behind two bytes", base64(`a:${secret}`)],
    ["in base64 within JSON", base64(JSON.stringify({ token: secret }))],
    ["in base64url", Buffer.from(`id:${secret}`).toString("base64url")],
    ["in hex", Buffer.from(secret).toString("hex")],
    ["percent-encoded", [...secret].map((byte) => `%${byte.charCodeAt(0).toString(16)}`).join("")],
  ])("finds a secret %s", (_, planted) => {
    expect(finds(`{"level":"INFO","message":"${planted}"}`).size).toBeGreaterThan(0);
  });

  it("finds nothing where there is nothing", () => {
    expect(finds(randomBytes(100_000).toString("base64url")).size).toBe(0);
  });

  it("finds a token planted in the data directory, whatever surrounds it", () => {
    const [token = ""] = [...canaries].find(([, kind]) => kind === "refresh_token") ?? [];
    const planted = Buffer.concat([randomBytes(1_000), Buffer.from(token), randomBytes(1_000)]);
    writeFileSync(join(stack.dataDirectory, "aws", "planted"), planted);
    writeFileSync(join(stack.dataDirectory, "sandbox", "planted-in-base64"), base64(`{"refresh_token":"${token}"}`));
    expect([...scanFiles(stack.dataDirectory, scan)].sort()).toEqual([
      "planted-in-base64: refresh_token in base64",
      "planted: refresh_token",
    ]);
  });

  it("sees into the files of every local service: what is no secret is found in them", () => {
    const known = canaryScanner(new Map([["rd-station/handed-in", "id"]]));
    const found = scanFiles(stack.dataDirectory, known).filter((line) => line.endsWith(": id"));
    expect(found).toContain("secrets.jsonl: id");
    expect(found).toContain("events.jsonl: id");
    expect(found.some((line) => /^\d+\.(log|ldb): id$/.test(line))).toBe(true);
  });

  it("finds a token in an answer that is there to carry another", () => {
    const carrier = wire.exchanges.find(({ path, status }) => path.includes("/access-token") && status === 200);
    if (carrier === undefined) throw new Error("No access token was read.");
    const [code = ""] = [...canaries].find(([, kind]) => kind === "code") ?? [];
    const leaking = { ...carrier, headers: new Headers([...carrier.headers, ["x-trace", code]]) };
    expect([...scan(withoutItsOwn(carrier))]).toEqual([]);
    expect([...scan(withoutItsOwn(leaking))]).toEqual(["code"]);
  });
});
