import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { authorize, browser, decide } from "../support/browser.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type AwsFault, eventually, healthy, type StackClient, stackClient } from "../support/stack-client.ts";

const patience = { timeout: 150_000, interval: 250 } as const;
const always = 100_000;
const down = { error: "InternalServerError", status: 500, times: always } as const;

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "600" });
  client = stackClient(stack);
}, 90_000);

afterAll(async () => {
  await stack?.dispose();
});

afterEach(async () => {
  await client.aws.faults([]);
  await client.sandbox.faults([]);
  await client.sandbox.settings({ rotation: "same", grace_seconds: 0, family_revocation: false, token_seconds: 600 });
});

async function presented(): Promise<number> {
  return (await client.sandbox.counters()).redemptions.presented;
}

/** Lets AWS fail from the moment at which the token endpoint has a request of the account until it has answered. */
async function failOnceRequested(account: string, faults: readonly AwsFault[]): Promise<void> {
  const seen = (await client.sandbox.log({ last: 1 })).at(-1)?.number ?? 0;
  await client.sandbox.faults([{ kind: "delay", milliseconds: 2_000, endpoint: "token", account, times: 1 }]);
  void eventually(async () => (await client.sandbox.log({ after: seen, endpoint: "token" })).length > 0, 30)
    .then(() => client.aws.faults(faults))
    .catch(() => {});
}

const update = { service: "dynamodb", operation: "UpdateItem" } as const;

describe("a commit", { timeout: 180_000 }, () => {
  it.each<readonly [string, AwsFault]>([
    ["fails", { ...update, error: "InternalServerError", status: 500, times: 2 }],
    ["is throttled", { ...update, error: "ProvisionedThroughputExceededException", times: 2 }],
    ["is refused", { ...update, error: "AccessDeniedException", times: 2 }],
    ["gets no answer", { ...update, after: true, times: 1 }],
    ["is slow", { ...update, delay_milliseconds: 1_500, times: 1 }],
  ])("that %s is repeated, and counts one generation", async (what, fault) => {
    const account = `commit-${what.replaceAll(" ", "-")}`;
    await client.sandbox.settings({ rotation: "new-old-dies", family_revocation: true });
    const { generation } = await client.connect(account);
    const before = await presented();
    await failOnceRequested(account, [fault]);
    expect(await client.refresh(account)).toMatchObject({ status: 200, body: { generation: generation + 1 } });
    expect(await client.aws.faultsLeft()).toEqual([]);
    expect(await presented()).toBe(before + 1);
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
    expect((await client.refresh(account)).body.generation).toBe(generation + 2);
  });

  it("that never arrives is an unknown outcome, which the sweep resolves when the lease is over", async () => {
    await client.sandbox.settings({ rotation: "new-old-dies", grace_seconds: 300, family_revocation: true });
    const { generation } = await client.connect("never");
    await failOnceRequested("never", [{ ...update, ...down }]);
    expect(await client.refresh("never")).toMatchObject({ status: 500, body: { code: "internal_error" } });
    await client.aws.faults([]);
    expect(await client.metadata("never")).toMatchObject({ status: "active", generation });
    await expect
      .poll(() => client.standing("never"), { timeout: 60_000, interval: 500 })
      .toMatchObject({ ...healthy, outcome: "succeeded", generation: generation + 1 });
  });
});

describe("before a refresh token is spent", { timeout: 180_000 }, () => {
  it.each<readonly [string, AwsFault]>([
    ["the lease cannot be written", { ...update, ...down }],
    ["the connection cannot be read", { service: "dynamodb", operation: "GetItem", ...down }],
    ["its data key cannot be opened", { service: "kms", operation: "Decrypt", ...down }],
    ["KMS is not allowed", { service: "kms", operation: "Decrypt", error: "AccessDeniedException", times: always }],
  ])("%s: nothing is spent", async (what, fault) => {
    const account = what.toLowerCase().replaceAll(/\W+/g, "-");
    const { generation } = await client.connect(account);
    const before = await presented();
    await client.aws.faults([fault]);
    expect(await client.refresh(account)).toMatchObject({ status: 500, body: { code: "internal_error" } });
    await client.aws.faults([]);
    expect(await presented()).toBe(before);
    const standing = await client.standing(account);
    expect(standing).toMatchObject({ generation, token: 200, publishedToken: 200, liveGrants: 1, reason: null });
    expect(["active", "degraded"]).toContain(standing.status);

    expect((await client.refresh(account)).body).toMatchObject({ status: "active", generation: generation + 1 });
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
  });

  it("the lease is written and its answer lost: the attempt goes on", async () => {
    const { generation } = await client.connect("begin-reply");
    const before = await presented();
    await client.aws.faults([{ ...update, after: true, times: 1 }]);
    expect(await client.refresh("begin-reply")).toMatchObject({ status: 200, body: { generation: generation + 1 } });
    expect(await presented()).toBe(before + 1);
    await expect.poll(() => client.standing("begin-reply"), patience).toMatchObject(healthy);
  });

  it("our client credentials cannot be read: nothing is spent", async () => {
    const { generation } = await client.connect("credentials");
    await stack.stop();
    await stack.start();
    await client.aws.faults([{ service: "secretsmanager", operation: "GetSecretValue", ...down }]);
    expect(await client.refresh("credentials")).toMatchObject({ status: 500, body: { code: "internal_error" } });
    expect(await presented()).toBe(0);
    await client.aws.faults([]);
    expect((await client.refresh("credentials")).body).toMatchObject({ status: "active", generation: generation + 1 });
    await expect.poll(() => client.standing("credentials"), patience).toMatchObject(healthy);
  });

  it("KMS is down for longer than an access token lives: readers get an error, and the sweep makes up for it", async () => {
    await client.sandbox.settings({ token_seconds: 6 });
    const { generation } = await client.connect("kms-outage");
    await client.sandbox.settings({ token_seconds: 600 });
    const before = await presented();
    await client.aws.faults([{ service: "kms", operation: "*", ...down }]);
    await expect.poll(async () => (await client.metadata("kms-outage")).status, patience).toBe("degraded");
    expect((await client.accessToken("kms-outage")).status).toBe(500);
    expect(await presented()).toBe(before);
    await client.aws.faults([]);
    await expect
      .poll(() => client.standing("kms-outage"), patience)
      .toMatchObject({ ...healthy, outcome: "succeeded", generation: generation + 1 });
  });
});

describe("what a commit owes", { timeout: 240_000 }, () => {
  it.each<readonly [string, Partial<AwsFault>]>([
    ["GetSecretValue", { after: true, times: 1 }],
    ["PutSecretValue", { after: true, times: 1 }],
    ["UpdateSecretVersionStage", { after: true, times: 1 }],
    ["PutSecretValue", { error: "InternalServiceError", status: 500, times: 2 }],
    ["UpdateSecretVersionStage", { error: "InternalServiceError", status: 500, times: 2 }],
    ["UpdateSecretVersionStage", { error: "ThrottlingException", times: 2 }],
  ])("is published in spite of trouble with %s: %o", async (operation, trouble) => {
    const account = `publish-${operation}-${trouble.error ?? "reply-lost"}`;
    const { generation } = await client.connect(account);
    await client.aws.faults([{ service: "secretsmanager", operation, ...trouble }]);
    expect((await client.refresh(account)).status).toBe(200);
    await expect
      .poll(() => client.standing(account), patience)
      .toMatchObject({ ...healthy, generation: generation + 1 });
    expect(await client.aws.faultsLeft()).toEqual([]);
  });

  it("stays owed while Secrets Manager and EventBridge are down, and is done when they are back", async () => {
    const { generation } = await client.connect("owed-publish");
    await client.aws.faults([
      { service: "secretsmanager", operation: "*", ...down },
      { service: "events", operation: "PutEvents", entry_error: "InternalFailure", times: always },
    ]);
    expect(await client.refresh("owed-publish")).toMatchObject({ status: 200, body: { generation: generation + 1 } });
    await client.connect("owed-first");
    await client.aws.faults([{ service: "events", operation: "PutEvents", ...down }]);
    await client.connect("owed-event");
    await client.aws.faults([]);
    expect(await client.standing("owed-publish")).toMatchObject({ status: "active", token: 200, publishedToken: 200 });
    expect((await client.published("owed-publish"))?.generation).toBe(generation);
    expect(await client.published("owed-first")).toBeUndefined();
    expect([...(await client.events("owed-first")), ...(await client.events("owed-event"))]).toEqual([]);

    for (const account of ["owed-publish", "owed-first", "owed-event"]) {
      await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
      await expect.poll(async () => (await client.statusChanges(account)).length, patience).toBe(1);
    }
    expect((await client.events("owed-first"))[0]?.detail).toMatchObject({ status: "active", generation: 1 });
  });

  it("is sent again under the same id where EventBridge's answer is lost", async () => {
    await client.aws.faults([{ service: "events", operation: "PutEvents", after: true, times: 1 }]);
    await client.connect("event-twice");
    await expect.poll(async () => (await client.events("event-twice")).length, patience).toBe(2);
    const ids = (await client.events("event-twice")).map(({ detail }) => detail["id"]);
    expect(new Set(ids).size).toBe(1);
  });

  it("is done again where it could not be struck off", async () => {
    const account = "not-struck-off";
    const { generation } = await client.connect(account);
    await client.aws.faults([
      { service: "secretsmanager", operation: "UpdateSecretVersionStage", delay_milliseconds: 700 },
    ]);
    const refreshing = client.refresh(account);
    await expect.poll(() => client.aws.faultsLeft(), { ...patience, interval: 20 }).toEqual([]);
    await client.aws.faults([{ ...update, ...down, times: 3 }]);
    expect(await refreshing).toMatchObject({ status: 200, body: { generation: generation + 1 } });
    await client.aws.faults([]);
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
    expect((await client.published(account))?.generation).toBe(generation + 1);
  });
});

describe("an authorization", { timeout: 180_000 }, () => {
  it.each<readonly [string, AwsFault]>([
    ["KMS", { service: "kms", operation: "GenerateDataKey", ...down }],
    ["DynamoDB", { service: "dynamodb", operation: "*", ...down }],
  ])("that met an outage of %s is finished by reloading the page", async (what, fault) => {
    const account = `reload-${what.toLowerCase()}`;
    const person = browser();
    const { callbackUrl } = await decide(person, (await client.ticket(account)).authorization_url, { account });
    await client.aws.faults([fault]);
    expect((await person.open(callbackUrl)).status).toBe(500);
    expect(await client.sandbox.log({ account, endpoint: "token" })).toEqual([]);
    await client.aws.faults([]);
    expect((await person.open(callbackUrl)).body).toContain("Conta conectada");
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
  });

  it("whose commit never arrives is told so, and the link can be opened again", async () => {
    const account = "uncommitted";
    const { authorization_url } = await client.ticket(account);
    await failOnceRequested(account, [{ ...update, ...down }]);
    const page = await authorize(browser(), authorization_url, { account });
    await client.aws.faults([]);
    expect(page.body).not.toContain("Conta conectada");
    expect((await client.call("GET", `/v1/connections/rd-station/${account}`)).status).toBe(404);
    expect((await authorize(browser(), authorization_url, { account })).body).toContain("Conta conectada");
    await expect.poll(() => client.standing(account), patience).toMatchObject({ ...healthy, liveGrants: 2 });
  });
});

describe("a refresh token that is handed in", { timeout: 180_000 }, () => {
  it.each<readonly [string, AwsFault]>([
    ["kms", { service: "kms", operation: "*", ...down }],
    ["dynamodb", { ...update, ...down }],
  ])("during an outage of %s is not spent", async (what, fault) => {
    const account = `put-${what}`;
    const refreshToken = await client.sandbox.refreshToken(account);
    const before = await presented();
    await client.aws.faults([fault]);
    expect(await client.put(account, refreshToken)).toMatchObject({ status: 500, body: { code: "internal_error" } });
    await client.aws.faults([]);
    expect(await presented()).toBe(before);
    expect((await client.call("GET", `/v1/connections/rd-station/${account}`)).status).toBe(404);
    expect(await client.put(account, refreshToken)).toMatchObject({ status: 201 });
    await expect.poll(() => client.standing(account), patience).toMatchObject(healthy);
  });
});

it("redeems no refresh token twice at a time, whatever fails on our side", async () => {
  expect((await client.sandbox.counters()).redemptions).toMatchObject({ overlapping: 0, maximum_overlap: 1 });
});
