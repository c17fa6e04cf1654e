import { inspect } from "node:util";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTokenClient, type TokenClientOptions, TokenError } from "../../shared/consumer/index.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type RecordingProxy, startRecordingProxy } from "../support/recording-proxy.ts";
import { eventually, type StackClient, stackClient } from "../support/stack-client.ts";

const contact = "/platform/contacts/email:ana@example.com";

let stack: LocalStack;
let client: StackClient;
/** In front of the broker: counts what consumers ask it. */
let broker: RecordingProxy;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
  client = stackClient(stack);
  broker = await startRecordingProxy("127.0.0.1");
  broker.forwardTo(stack.brokerUrl);
}, 90_000);

afterAll(async () => {
  await broker?.close();
  await stack?.dispose();
});

beforeEach(async () => {
  await client.sandbox.faults([]);
  await client.sandbox.settings({ token_seconds: 600 });
  broker.answerWith(() => undefined);
});

/** A Secrets Manager client that counts its reads. */
function countingSecrets() {
  const secretsManager = new SecretsManagerClient({
    endpoint: stack.awsUrl,
    region: "sa-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  let reads = 0;
  secretsManager.middlewareStack.add(
    (next) => (input) => {
      reads++;
      return next(input);
    },
    { step: "finalizeRequest" },
  );
  return { secretsManager, reads: () => reads };
}

/** A consumer, and what it has asked of whom. */
function consumer(options: TokenClientOptions = {}) {
  const { secretsManager, reads } = countingSecrets();
  const asked = broker.exchanges.length;
  return {
    tokens: createTokenClient({ secretsManager, brokerUrl: broker.url, ...options }),
    secretReads: reads,
    brokerRequests: () => broker.exchanges.slice(asked),
  };
}

async function publishedToken(account: string): Promise<string> {
  return (await client.published(account))?.access_token ?? "";
}

/** The provider ends the access token's life, and that of no other. */
async function rejectNext(account: string, times: number): Promise<void> {
  await client.sandbox.aim(account, [{ kind: "unauthorized", endpoint: "contacts", times }]);
}

describe("a consumer", { timeout: 120_000 }, () => {
  it("reads the published token once, and has it in memory from then on", async () => {
    await client.connect("reader");
    const { tokens, secretReads, brokerRequests } = consumer();
    const token = await tokens.getAccessToken("rd-station/reader");
    expect(token).toBe(await publishedToken("reader"));
    for (let again = 0; again < 100; again++) expect(await tokens.getAccessToken("rd-station/reader")).toBe(token);
    expect(tokens.peek("rd-station/reader")).toBe(token);
    expect(secretReads()).toBe(1);
    expect(brokerRequests()).toEqual([]);
  });

  it("makes one backing call for a thousand who ask at once", async () => {
    await client.connect("stampede");
    const { tokens, secretReads, brokerRequests } = consumer();
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, () => tokens.getAccessToken("rd-station/stampede")),
    );
    expect(new Set(answers)).toEqual(new Set([await publishedToken("stampede")]));
    expect(secretReads()).toBe(1);
    expect(brokerRequests()).toEqual([]);
  });

  it("calls the API at the connection's own origin", async () => {
    await client.connect("caller");
    const response = await consumer().tokens.fetch("rd-station/caller", contact);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ email: "ana@example.com" });
  });

  it("does not see a token that ends under it: the stored one is used where it is another", async () => {
    await client.connect("replaced");
    const { tokens, secretReads, brokerRequests } = consumer();
    const before = await tokens.getAccessToken("rd-station/replaced");
    await client.refresh("replaced");
    await rejectNext("replaced", 1);
    expect((await tokens.fetch("rd-station/replaced", contact)).status).toBe(200);
    expect(tokens.peek("rd-station/replaced")).not.toBe(before);
    expect(secretReads()).toBe(2);
    expect(brokerRequests()).toEqual([]);
  });

  it("has the broker refresh a token that was rejected while it is the stored one", async () => {
    const { generation } = await client.connect("rejected");
    const { tokens, brokerRequests } = consumer();
    const before = await tokens.getAccessToken("rd-station/rejected");
    await rejectNext("rejected", 1);
    expect((await tokens.fetch("rd-station/rejected", contact)).status).toBe(200);
    expect(tokens.peek("rd-station/rejected")).not.toBe(before);
    expect(brokerRequests()).toHaveLength(1);
    expect((await client.metadata("rejected")).generation).toBe(generation + 1);
  });

  it("sees the second 401 in a row, and the broker is not asked for a third token", async () => {
    await client.connect("refused");
    const { tokens, brokerRequests } = consumer();
    await tokens.getAccessToken("rd-station/refused");
    await rejectNext("refused", 4);
    expect((await tokens.fetch("rd-station/refused", contact)).status).toBe(401);
    // The token was issued a moment ago because the one before it was rejected: 429, and the API's answer is the caller's.
    expect((await tokens.fetch("rd-station/refused", contact)).status).toBe(401);
    expect((await tokens.fetch("rd-station/refused", contact)).status).toBe(401);
    expect(brokerRequests().map(({ status }) => status)).toEqual([200, 429]);
    // It was refused for what was asked: for anything else it is still good.
    expect((await tokens.fetch("rd-station/refused", contact)).status).toBe(200);
  });

  it("has one refresh for a hundred requests that are rejected together", async () => {
    const { generation } = await client.connect("together");
    const ended = await publishedToken("together");
    const { tokens } = consumer({
      fetch: async (input, init) => {
        const isEnded = new Headers(init?.headers).get("authorization") === `Bearer ${ended}`;
        return isEnded ? new Response(null, { status: 401 }) : fetch(input, init);
      },
    });
    expect(await tokens.getAccessToken("rd-station/together")).toBe(ended);
    const responses = await Promise.all(
      Array.from({ length: 100 }, () => tokens.fetch("rd-station/together", contact)),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await client.metadata("together")).generation).toBe(generation + 1);
  });

  it("asks the broker where nothing is published", async () => {
    await client.connect("unpublished");
    const { tokens, brokerRequests } = consumer({ prefix: "elsewhere" });
    expect(await tokens.getAccessToken("rd-station/unpublished")).toBe(await publishedToken("unpublished"));
    const [request] = brokerRequests();
    expect(request?.path).toBe("/v1/connections/rd-station/unpublished/access-token");
    expect(request?.requestHeaders.get("authorization")).toMatch(
      /^AWS4-HMAC-SHA256 Credential=test\/\d{8}\/sa-east-1\/execute-api\/aws4_request, /,
    );
  });

  it("asks the broker for a token that lives longer than the published one", async () => {
    await client.sandbox.settings({ token_seconds: 20 });
    const { generation, expires_at: expiresAt } = await client.connect("long");
    const { tokens, brokerRequests } = consumer();
    await eventually(() => Date.parse(expiresAt ?? "") - Date.now() < 15_000);
    const token = await tokens.getAccessToken("rd-station/long", { minimumSeconds: 15 });
    expect(brokerRequests().map(({ path }) => path)).toEqual([
      "/v1/connections/rd-station/long/access-token?minimum_seconds=15",
    ]);
    expect((await client.metadata("long")).generation).toBe(generation + 1);
    await expect(tokens.getAccessToken("rd-station/long", { minimumSeconds: 25 })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("16"),
    });
    expect(tokens.peek("rd-station/long")).toBe(token);
  });

  it("has what still lives while the broker is down, and a typed error after that", async () => {
    await client.sandbox.settings({ token_seconds: 20 });
    await client.connect("alone");
    broker.answerWith(() => ({ status: 503, headers: {}, body: "<html>" }));
    // A minimum longer than its life: nothing but the broker will do.
    const { tokens, brokerRequests } = consumer({ minimumSeconds: 21 });
    const stale = await publishedToken("alone");
    expect(await tokens.getAccessToken("rd-station/alone")).toBe(stale);
    expect(brokerRequests()).not.toHaveLength(0);
    const down = consumer({ brokerUrl: "http://127.0.0.1:1", prefix: "elsewhere" });
    await expect(down.tokens.getAccessToken("rd-station/alone")).rejects.toMatchObject({
      name: "TokenError",
      code: "broker_unavailable",
      connection: "rd-station/alone",
    });
  });

  it("is told by the tombstone that the connection was revoked, and by nobody else", async () => {
    await client.connect("gone");
    const { tokens, brokerRequests } = consumer();
    await tokens.getAccessToken("rd-station/gone");
    await client.revoke("gone");
    await expect(tokens.fetch("rd-station/gone", contact)).rejects.toMatchObject({ code: "connection_revoked" });
    await expect(tokens.getAccessToken("rd-station/gone")).rejects.toMatchObject({ code: "connection_revoked" });
    expect(brokerRequests()).toEqual([]);
  });

  it("is told what to do where its account has to authorize again", async () => {
    await client.connect("dead");
    const { tokens } = consumer();
    const token = await tokens.getAccessToken("rd-station/dead");
    await client.sandbox.endGrants("dead");
    const error = await tokens.fetch("rd-station/dead", contact).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({
      code: "reauthorization_required",
      message: expect.stringContaining("authorize again"),
    });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(token);
    expect(inspect(tokens, { depth: 10, showHidden: true })).not.toContain(token);
  });

  it("without a broker reads again after a 401, and goes on with the token where there is no other", async () => {
    await client.connect("offline");
    const { tokens, secretReads } = consumer({ brokerUrl: "" });
    const token = await tokens.getAccessToken("rd-station/offline");
    await rejectNext("offline", 1);
    expect((await tokens.fetch("rd-station/offline", contact)).status).toBe(401);
    expect(secretReads()).toBe(2);
    expect((await tokens.fetch("rd-station/offline", contact)).status).toBe(200);
    expect(tokens.peek("rd-station/offline")).toBe(token);
    await expect(tokens.getAccessToken("rd-station/nobody")).rejects.toMatchObject({ code: "connection_not_found" });
  });
});

describe("rotation under load", { timeout: 180_000 }, () => {
  it("lets no 401 reach a caller, though every refresh ends the token before it at once", async () => {
    const crm = stackClient(stack, "rd-station-crm");
    await crm.sandbox.settings({ token_seconds: 12 });
    await crm.connect("busy");
    const { tokens } = consumer();
    const statuses = new Map<number, number>();
    let isOver = false;
    const caller = async () => {
      while (!isOver) {
        const { status, body } = await tokens.fetch("rd-station-crm/busy", "/crm/v2/contacts");
        await body?.cancel();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const callers = Array.from({ length: 16 }, caller);
    const { generation } = await crm.metadata("busy");
    await eventually(async () => (await crm.metadata("busy")).generation >= generation + 3, 120);
    isOver = true;
    await Promise.all(callers);
    expect([...statuses.keys()]).toEqual([200]);
    const { requests } = await crm.sandbox.counters();
    expect(requests["contacts"]?.statuses["401"], "some were sent with a token that had just died").toBeGreaterThan(0);
  });
});
