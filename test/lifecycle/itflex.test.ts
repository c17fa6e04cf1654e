import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import {
  eventually,
  type HandedOut,
  healthy,
  rejectedHash,
  type StackClient,
  stackClient,
} from "../support/stack-client.ts";

const patience = { timeout: 60_000, interval: 200 } as const;

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
  client = stackClient(stack, "itflex");
}, 90_000);

afterAll(() => stack?.dispose());

beforeEach(async () => {
  await client.sandbox.faults([]);
  await client.sandbox.settings({ token_seconds: 600 });
});

type Handed = Required<HandedOut>;

/** A key that the customer's administrator has made, and where it is good for something. */
async function key(customer: string): Promise<Handed> {
  const { refresh_token, origin = "" } = await client.sandbox.handOut(customer);
  return { refresh_token, origin };
}

/** Connects a customer's account with a key of theirs. */
async function connect(customer: string): Promise<Handed> {
  const handed = await key(customer);
  expect(await client.put(customer, handed.refresh_token, handed.origin)).toMatchObject({ status: 201 });
  return handed;
}

/** Redeems a key at the provider itself, past the broker. @returns the provider's status */
async function redeemPastUs({ refresh_token, origin }: Handed): Promise<number> {
  const response = await fetch(`${origin}/api/v1/oauth2/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ grant_type: "refresh_token", refresh_token }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function tokenOf(account: string): Promise<string> {
  const { status, body } = await client.accessToken(account);
  expect(status).toBe(200);
  return body.access_token;
}

async function told(account: string): Promise<readonly unknown[]> {
  return (await client.statusChanges(account)).map(({ status, reason }) => [status, reason]);
}

describe("a key and an origin", { timeout: 120_000 }, () => {
  it("connect an account at once, and its token works at the customer's host in both ways", async () => {
    const { refresh_token, origin } = await key("acme");
    const connected = await client.put("acme", refresh_token, `${origin}/`);
    expect(connected).toMatchObject({ status: 201, body: { status: "active", generation: 1, origin } });
    expect(connected.text).not.toContain(refresh_token);

    const { body } = await client.accessToken("acme");
    expect(body).toMatchObject({ token_type: "Bearer", generation: 1, origin });
    // What the answer says, not its cookies' Max-Age.
    expect(Date.parse(body.expires_at) - Date.parse(body.issued_at)).toBe(600_000);
    expect(await client.callApi(body.access_token, body.origin)).toBe(200);
    const cookie = `access-token=${body.access_token}`;
    expect((await fetch(`${body.origin}/api/v1/users`, { headers: { cookie } })).status).toBe(200);
  });

  it("are not published unless the operator wants it", async () => {
    await connect("unpublished");
    expect(await client.refresh("unpublished")).toMatchObject({ status: 200, body: { secret_name: null } });
    expect(await client.published("unpublished")).toBeUndefined();
  });

  it("are refreshed ahead between 60 and 75 % of each token's life", async () => {
    await client.sandbox.settings({ token_seconds: 8 });
    await connect("ahead");
    const { expires_at, refresh_at } = await client.metadata("ahead");
    const share = 1 - (Date.parse(expires_at ?? "") - Date.parse(refresh_at ?? "")) / 8_000;
    expect(share).toBeGreaterThanOrEqual(0.6);
    expect(share).toBeLessThan(0.75);
    const refreshed = await eventually(async () => {
      const metadata = await client.metadata("ahead");
      return metadata.generation >= 3 && metadata;
    });
    expect(refreshed).toMatchObject({ status: "active", last_refresh: { outcome: "succeeded", code: null } });
    expect(await client.callApi(await tokenOf("ahead"), refreshed.origin)).toBe(200);
    expect(await told("ahead")).toEqual([["active", null]]);
  });

  it("serve a reader the life it asks for, on demand and before the token is due", async () => {
    await client.sandbox.settings({ token_seconds: 10 });
    await connect("demanding");
    const due = Date.parse((await client.metadata("demanding")).refresh_at ?? "");
    const reads: { readonly status: number; readonly life: number }[] = [];
    await eventually(async () => {
      const askedAt = Date.now();
      const { status, body } = await client.accessToken("demanding", { minimum_seconds: 8 });
      reads.push({ status, life: Date.parse(body.expires_at) - askedAt });
      return body.generation === 2;
    });
    expect(reads.filter(({ status, life }) => status !== 200 || life < 8_000)).toEqual([]);
    expect(Date.now()).toBeLessThan(due);
    const tooMuch = await client.accessToken("demanding", { minimum_seconds: 9 });
    expect(tooMuch).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    expect(tooMuch.body.detail).toContain("at most 8");
  });

  it("replace the key or the origin, and both again are not redeemed", async () => {
    const { refresh_token, origin } = await connect("replaced");
    const presented = async () => (await client.sandbox.counters()).redemptions.presented;
    const before = await presented();
    expect(await client.put("replaced", refresh_token, origin)).toMatchObject({ status: 200, body: { generation: 1 } });
    expect(await presented()).toBe(before);

    const another = await key("replaced");
    const answer = await client.put("replaced", another.refresh_token, origin);
    expect(answer).toMatchObject({ status: 200, body: { status: "active", generation: 2 } });
    expect(await client.callApi(await tokenOf("replaced"), origin)).toBe(200);

    const moved = origin.replace("127.0.0.1", "localhost");
    const elsewhere = await client.put("replaced", another.refresh_token, moved);
    expect(elsewhere).toMatchObject({ status: 200, body: { generation: 3, origin: moved } });
    expect(await client.refresh("replaced")).toMatchObject({ status: 200, body: { generation: 4, origin: moved } });
  });
});

describe("customers with hosts of their own", { timeout: 120_000 }, () => {
  it("do not mix: neither keys nor tokens are good at another's", async () => {
    const [one, two] = [await connect("customer-one"), await connect("customer-two")];
    const [first, second] = [await tokenOf("customer-one"), await tokenOf("customer-two")];
    expect(await client.callApi(first, one.origin)).toBe(200);
    expect(await client.callApi(second, two.origin)).toBe(200);
    expect(await client.callApi(first, two.origin)).toBe(401);
    expect(await client.callApi(second, one.origin)).toBe(401);

    const before = await client.metadata("customer-one");
    const moved = await client.put("customer-one", one.refresh_token, two.origin);
    expect(moved).toMatchObject({ status: 422, body: { code: "grant_rejected" } });
    expect(await client.metadata("customer-one")).toEqual(before);
    expect(await client.refresh("customer-one")).toMatchObject({ status: 200, body: { origin: one.origin } });
  });

  it("have a breaker each: one that is down holds up nobody else", async () => {
    await Promise.all([connect("down"), connect("up")]);
    await client.sandbox.aim("down", [{ kind: "server-error", status: 503, endpoint: "token" }]);
    for (let tries = 0; tries < 6; tries++) expect((await client.refresh("down")).status).toBe(503);
    expect(await client.metadata("down")).toMatchObject({ status: "degraded", reason: null });
    expect(await client.refresh("up")).toMatchObject({ status: 200, body: { status: "active", generation: 2 } });
    await client.sandbox.aim("down", []);
    expect(await client.refresh("down")).toMatchObject({ status: 200, body: { status: "active", generation: 2 } });
  });

  it("are not followed when they redirect", async () => {
    const { refresh_token, origin } = await key("elsewhere");
    for (const status of [302, 307]) {
      await client.sandbox.aim("elsewhere", [{ kind: "redirect", status, endpoint: "token" }]);
      const answer = await client.put("elsewhere", refresh_token, origin);
      expect(answer).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    }
    await client.sandbox.aim("elsewhere", []);
    expect(await client.put("elsewhere", refresh_token, origin)).toMatchObject({ status: 201 });
    await client.sandbox.aim("elsewhere", [{ kind: "redirect", status: 307, endpoint: "token" }]);
    expect((await client.refresh("elsewhere")).status).toBe(503);
    await client.sandbox.aim("elsewhere", []);
    expect((await client.sandbox.counters()).requests["redirected"]).toBeUndefined();
  });
});

describe("what cannot be connected", { timeout: 120_000 }, () => {
  it("a key that does not work: what was there is untouched", async () => {
    const { origin } = await connect("kept");
    const before = await client.metadata("kept");
    const refused = await client.put("kept", "not-a-key-that-anybody-has-made", origin);
    expect(refused).toMatchObject({ status: 422, body: { code: "grant_rejected" } });
    expect(await client.metadata("kept")).toEqual(before);
    expect(await client.callApi(await tokenOf("kept"), origin)).toBe(200);
    expect(await client.refresh("kept")).toMatchObject({ status: 200, body: { generation: 2 } });
  });

  it("a key that does not work, of an account that is not there", async () => {
    const { origin } = await key("never-there");
    expect((await client.put("never-there", "not-a-key-that-anybody-has-made", origin)).status).toBe(422);
    expect((await client.call("GET", "/v1/connections/itflex/never-there")).status).toBe(404);
  });

  it("a host that cannot be reached: nothing is stored", async () => {
    const { refresh_token } = await key("unreachable");
    const answer = await client.put("unreachable", refresh_token, "http://127.0.0.1:1/itflex/unreachable");
    expect(answer).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    expect(answer.body.detail).toContain("send the refresh token again");
    expect((await client.call("GET", "/v1/connections/itflex/unreachable")).status).toBe(404);
  });

  it("no origin, or one that a stranger could do harm with: 400, and nobody is asked", async () => {
    const { refresh_token } = await key("hostile");
    const asked = async () => (await client.sandbox.counters()).requests["token"]?.total ?? 0;
    const before = await asked();
    const refused: readonly (readonly [string | undefined, RegExp])[] = [
      [undefined, /name the customer's as `origin`/],
      ["", /not a URL/],
      ["acme.example.com", /not a URL/],
      ["http://acme.example.com", /has to begin with https/],
      ["ftp://acme.example.com", /has to begin with https/],
      ["https://someone:word@acme.example.com", /user name or password/],
      ["https://acme.example.com/admin", /has a path/],
      ["https://acme.example.com?to=1", /has a query/],
      ["https://acme.example.com#there", /has a fragment/],
      ["https://acme.example.com:8443", /port/],
      ["https://169.254.169.254", /IP address/],
      ["https://10.0.0.7", /IP address/],
      ["https://0x7f.1", /IP address/],
      ["https://[::ffff:127.0.0.1]", /IP address/],
      ["http://10.0.0.7:8790/itflex/hostile", /has to begin with https/],
      ["https://localhost", /private network/],
      ["https://itflex.internal", /private network/],
      ["https://acme.example.com\\@evil.example", /backslashes/],
      ["https://acme.example.com ", /spaces/],
    ];
    for (const [origin, why] of refused) {
      const answer = await client.put("hostile", refresh_token, origin);
      expect([origin, answer.status, answer.body.code]).toEqual([origin, 400, "invalid_request"]);
      expect(answer.body.detail).toMatch(why);
      expect(answer.text).not.toContain("evil.example");
    }
    expect(await asked()).toBe(before);
    expect((await client.call("GET", "/v1/connections/itflex/hostile")).status).toBe(404);
  });

  it.each(["rd-station", "rd-station-crm"] as const)("%s with an origin", async (provider) => {
    const other = stackClient(stack, provider);
    const answer = await other.put("acme", await other.sandbox.refreshToken("acme"), "https://acme.example.com");
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    expect(answer.body.detail).toContain("leave `origin` out");
    expect((await client.call("GET", `/v1/connections/${provider}/acme`)).status).toBe(404);
  });

  it("by a page: there is nobody to send to", async () => {
    const answer = await client.call("POST", "/v1/connections/itflex/anybody/authorization", {});
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    expect(answer.body.detail).toContain("connect with PUT");
  });
});

describe("a key that its customer has deleted", { timeout: 120_000 }, () => {
  it("needs another one, but not before the refusal was repeated", async () => {
    const { origin } = await connect("deleted");
    await client.sandbox.endGrants("deleted");
    expect(await client.refresh("deleted")).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    await expect
      .poll(() => client.metadata("deleted"), patience)
      .toMatchObject({ status: "reauthorization_required", reason: "grant_rejected", generation: 1 });
    const grants = Object.values((await client.sandbox.counters()).grants);
    expect(grants.filter(({ account }) => account === "deleted")).toMatchObject([{ dead_presented: 2 }]);
    expect(await client.accessToken("deleted")).toMatchObject({
      status: 409,
      body: { code: "reauthorization_required" },
    });

    const another = await key("deleted");
    const revived = await client.put("deleted", another.refresh_token, origin);
    expect(revived).toMatchObject({ status: 200, body: { status: "active", reason: null, generation: 2 } });
    await expect
      .poll(() => told("deleted"), patience)
      .toEqual([
        ["active", null],
        ["degraded", null],
        ["reauthorization_required", "grant_rejected"],
        ["active", null],
      ]);
  });

  it("costs a reader who reports its token nothing before the refusal was repeated, either", async () => {
    await client.sandbox.settings({ access_after_deletion: "dies" });
    const { origin } = await connect("reported");
    await client.sandbox.endGrants("reported");
    const token = await tokenOf("reported");
    expect(await client.callApi(token, origin)).toBe(401);
    const rejected = rejectedHash(token);
    const report = await client.accessToken("reported", { rejected });
    expect(report).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    expect(Number(report.headers.get("retry-after"))).toBeGreaterThan(0);
    await expect
      .poll(() => client.accessToken("reported", { rejected }), patience)
      .toMatchObject({ status: 409, body: { code: "reauthorization_required" } });
    await client.sandbox.settings({ access_after_deletion: "lives" });
  });

  it("is not what a page says that stands before the customer's host, however often", async () => {
    const { origin } = await connect("walled");
    const page = { "content-type": "text/html" };
    const wall = { kind: "answer", status: 401, headers: page, body: "<html>Log in</html>", endpoint: "token" };
    await client.sandbox.aim("walled", [wall]);
    for (let tries = 0; tries < 4; tries++) {
      expect(await client.refresh("walled")).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    }
    expect(await client.metadata("walled")).toMatchObject({ status: "degraded", reason: null, generation: 1 });
    expect(await client.callApi(await tokenOf("walled"), origin)).toBe(200);

    await client.sandbox.aim("walled", []);
    expect(await client.refresh("walled")).toMatchObject({ status: 200, body: { status: "active", generation: 2 } });
  });

  it("is never believed to be where its host says 403, and is replaced like every other", async () => {
    const { origin } = await connect("forbidden");
    await client.sandbox.settings({ dead_status: 403 });
    await client.sandbox.endGrants("forbidden");
    for (let tries = 0; tries < 4; tries++) {
      expect(await client.refresh("forbidden")).toMatchObject({ status: 503, body: { code: "provider_unavailable" } });
    }
    expect(await client.metadata("forbidden")).toMatchObject({ status: "degraded", reason: null, generation: 1 });
    expect(await client.put("forbidden", "not-a-key-that-anybody-has-made", origin)).toMatchObject({ status: 503 });

    const another = await key("forbidden");
    expect(await client.put("forbidden", another.refresh_token, origin)).toMatchObject({
      status: 200,
      body: { status: "active", generation: 2 },
    });
    await client.sandbox.settings({ dead_status: 401 });
  });

  it("is not what two refusals say that a page came between", async () => {
    await connect("interrupted");
    const refusal = { kind: "invalid-refresh-token", endpoint: "token", times: 1 };
    const page = { kind: "answer", status: 401, body: "<html></html>", endpoint: "token", times: 1 };
    await client.sandbox.aim("interrupted", [refusal, page, refusal]);
    expect((await client.refresh("interrupted")).status).toBe(503);
    await expect
      .poll(() => client.metadata("interrupted"), patience)
      .toMatchObject({ status: "active", generation: 2, last_refresh: { outcome: "succeeded" } });
    expect((await client.sandbox.faults()).map(({ hits }) => hits)).toEqual([1, 1, 1]);
    await expect
      .poll(() => told("interrupted"), patience)
      .toEqual([
        ["active", null],
        ["degraded", null],
        ["active", null],
      ]);
  });
});

it("revoking ends the connection here, and says that the key still works", { timeout: 60_000 }, async () => {
  const handed = await connect("leaving");
  const token = await tokenOf("leaving");
  const revoked = await client.revoke("leaving");
  expect(revoked).toMatchObject({ status: 200, body: { status: "revoked", upstream: "unsupported" } });
  expect(await client.accessToken("leaving")).toMatchObject({ status: 410, body: { code: "connection_revoked" } });
  expect(await client.published("leaving")).toBeUndefined();
  expect((await client.revoke("leaving")).body).toMatchObject({ status: "revoked", upstream: "unsupported" });

  expect(await redeemPastUs(handed)).toBe(200);
  expect(await client.callApi(token, handed.origin)).toBe(200);
  expect(stack.output()).toContain("delete it among the integrators' keys of the customer's iTFLEX");
  await expect
    .poll(async () => (await client.events("leaving")).at(-1)?.detail, patience)
    .toMatchObject({ status: "revoked", upstream: "unsupported" });

  const again = await client.put("leaving", handed.refresh_token, handed.origin);
  expect(again).toMatchObject({ status: 200, body: { status: "active" } });
  expect(again.body.generation).toBeGreaterThan(revoked.body.generation);
});

it("revoking asks nothing of the customer's host, which may be down", { timeout: 60_000 }, async () => {
  await connect("gone");
  await client.sandbox.aim("gone", [{ kind: "reset", endpoint: "token" }]);
  for (let tries = 0; tries < 6; tries++) expect((await client.refresh("gone")).status).toBe(503);
  const before = (await client.sandbox.log({ account: "gone" })).length;
  expect(await client.revoke("gone")).toMatchObject({
    status: 200,
    body: { status: "revoked", upstream: "unsupported" },
  });
  expect((await client.sandbox.log({ account: "gone" })).length).toBe(before);
});

it("redeems no key twice at a time", async () => {
  expect((await client.sandbox.counters()).redemptions).toMatchObject({ overlapping: 0, maximum_overlap: 1 });
});

it("is published from the refresh on that follows PUBLISH naming it, and never left behind", {
  timeout: 90_000,
}, async () => {
  const { origin } = await connect("switched");
  await stack.stop();
  await stack.start({ PUBLISH: "rd-station,rd-station-crm,itflex" });
  expect(await client.metadata("switched")).toMatchObject({ status: "active", secret_name: null });
  const on = await client.refresh("switched");
  expect(on).toMatchObject({ status: 200, body: { generation: 2, secret_name: "chaveiro/itflex/switched" } });
  await expect.poll(() => client.standing("switched"), patience).toMatchObject(healthy);
  const published = await client.published("switched");
  expect(published).toMatchObject({ provider: "itflex", account: "switched", generation: 2, origin });
  expect(await client.callApi(published?.access_token ?? "", origin)).toBe(200);

  await stack.stop();
  await stack.start({ PUBLISH: "rd-station,rd-station-crm" });
  expect(await client.refresh("switched")).toMatchObject({ status: 200, body: { generation: 3, secret_name: null } });
  expect(await client.published("switched")).toEqual(published);
  expect(await client.revoke("switched")).toMatchObject({ status: 200, body: { status: "revoked" } });
  expect(Object.keys((await client.published("switched")) ?? {})).toEqual([
    "provider",
    "account",
    "generation",
    "revoked_at",
  ]);
});
