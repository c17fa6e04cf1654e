import { createHash } from "node:crypto";
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { requestKey } from "../../shared/aws/authorization-item.ts";
import { authorize, type Browser, browser, decide } from "../support/browser.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SWEEP_SECONDS: "3600", SANDBOX_TOKEN_SECONDS: "3600" });
  client = stackClient(stack);
}, 90_000);
afterAll(() => stack?.dispose(), 30_000);
beforeEach(() => client.sandbox.reset(["faults", "settings", "counters", "log"]));

/** What the pages say, to a browser that has no preference. */
const says = {
  connected: "Conta conectada",
  declined: "Autorização recusada",
  unanswered: "não respondeu",
  rejected: "Não foi possível conectar",
  otherBrowser: "Outro navegador",
  unknown: "Autorização desconhecida",
  late: "A autorização demorou demais",
  malformed: "Endereço incompleto",
  spent: "Link já utilizado",
} as const;

type Begun = { readonly person: Browser; readonly link: string; readonly callbackUrl: string };

/** As far as the provider's redirect back to us, which has not arrived yet. */
async function begin(account: string, person: Browser = browser(), link?: string): Promise<Begun> {
  const opened = link ?? (await client.ticket(account)).authorization_url;
  const { callbackUrl } = await decide(person, opened, { account });
  return { person, link: opened, callbackUrl };
}

function withQuery(url: string, change: Readonly<Record<string, string | null>>): string {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(change)) {
    if (value === null) changed.searchParams.delete(name);
    else changed.searchParams.set(name, value);
  }
  return changed.href;
}

/** Codes that were presented at the token endpoint since the test began, granted or not. */
async function exchanges(): Promise<number> {
  return (await client.sandbox.log({ endpoint: "token" })).filter(({ redeems }) => redeems === "code").length;
}

async function isConnected(account: string): Promise<boolean> {
  return (await client.call("GET", `/v1/connections/rd-station/${account}`)).status === 200;
}

describe("a callback", () => {
  it("that arrives twice exchanges once and ends the same", async () => {
    const { person, callbackUrl } = await begin("twice");
    const visits = [await person.request(callbackUrl), await person.request(callbackUrl)];
    expect(visits.map(({ status }) => status)).toEqual([303, 303]);
    expect(visits[1]?.headers.get("location")).toBe(visits[0]?.headers.get("location"));
    expect((await person.open(callbackUrl)).body).toContain(says.connected);
    expect(await exchanges()).toBe(1);
    expect((await client.metadata("twice")).generation).toBe(1);
  });

  it("that arrives 20 times at once exchanges once", async () => {
    await client.sandbox.faults([{ kind: "delay", endpoint: "token", milliseconds: 500 }]);
    const { person, callbackUrl } = await begin("crowd");
    const visits = await Promise.all(Array.from({ length: 20 }, () => person.request(callbackUrl)));
    expect(visits.map(({ status }) => status)).toEqual(Array(20).fill(303));
    expect(new Set(visits.map(({ headers }) => headers.get("location"))).size).toBe(1);
    expect((await person.open(callbackUrl)).body).toContain(says.connected);
    expect(await exchanges()).toBe(1);
    expect(await client.sandbox.grants("crowd")).toHaveLength(1);
    expect((await client.metadata("crowd")).generation).toBe(1);
  });

  it.each([
    ["sec-purpose", "prefetch"],
    ["sec-purpose", "prefetch;prerender"],
    ["purpose", "prefetch"],
  ])("ahead of a person, with %s: %s, gets nothing and spends nothing", async (name, value) => {
    const { person, callbackUrl } = await begin("early");
    const ahead = await person.request(callbackUrl, { headers: { [name]: value } });
    expect(ahead.status).toBeGreaterThanOrEqual(400);
    expect(ahead.body).toBe("");
    expect(await exchanges()).toBe(0);
    expect((await person.open(callbackUrl)).body).toContain(says.connected);
  });

  it("tells neither code nor state to the page that it ends on", async () => {
    const { person, callbackUrl } = await begin("clean");
    const { code, state } = Object.fromEntries(new URL(callbackUrl).searchParams);
    const answer = await person.request(callbackUrl);
    const page = await person.open(callbackUrl);
    for (const text of [answer.headers.get("location"), answer.body, page.url, page.body, stack.output()]) {
      expect(text).not.toContain(code);
      expect(text).not.toContain(state);
    }
    expect(page.url).toMatch(/\/auth\/rd-station\/result\/[0-9a-f]{32}$/);
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
  });
});

describe("the browser that started", () => {
  it("is the only one that finishes, and another one spends nothing", async () => {
    const { person, callbackUrl } = await begin("mine");
    const other = (await begin("theirs")).person;
    const declined = withQuery(callbackUrl, { code: null, error: "access_denied" });
    for (const stranger of [browser(), other]) {
      for (const url of [callbackUrl, declined]) {
        const visit = await stranger.request(url);
        expect(visit.status).toBe(403);
        expect(visit.body).toContain(says.otherBrowser);
      }
    }
    expect(await exchanges()).toBe(0);
    expect((await person.open(callbackUrl)).body).toContain(says.connected);
  });

  it("cannot be fooled with a state that another browser has begun", async () => {
    const [mine, theirs] = [await begin("victim"), await begin("attacker")];
    const mixed = withQuery(mine.callbackUrl, { state: new URL(theirs.callbackUrl).searchParams.get("state") });
    expect((await mine.person.request(mixed)).status).toBe(403);
    expect((await theirs.person.open(theirs.callbackUrl)).body).toContain(says.connected);
    expect((await mine.person.open(mine.callbackUrl)).body).toContain(says.connected);
  });

  it("may have two authorizations open", async () => {
    const person = browser();
    const [first, second] = [await begin("left-tab", person), await begin("right-tab", person)];
    expect((await person.open(second.callbackUrl)).body).toContain(says.connected);
    expect((await person.open(first.callbackUrl)).body).toContain(says.connected);
    expect((await client.metadata("left-tab")).label).toBe("left-tab");
    expect((await client.metadata("right-tab")).label).toBe("right-tab");
  });

  it("is told after another one has finished with the same ticket, and nothing is exchanged for it", async () => {
    const first = await begin("shared-link");
    const second = await begin("shared-link", browser(), first.link);
    await first.person.open(first.callbackUrl);
    expect((await second.person.open(second.callbackUrl)).body).toContain(says.spent);
    expect(await exchanges()).toBe(1);
    expect((await client.metadata("shared-link")).generation).toBe(1);
  });

  it("connects once with a ticket, also where two of its tabs finish at the same moment", async () => {
    const person = browser();
    const first = await begin("two-tabs", person);
    const second = await begin("two-tabs", person, first.link);
    await client.sandbox.faults([{ kind: "delay", endpoint: "token", milliseconds: 1_000 }]);
    const ends = await Promise.all([first, second].map(({ callbackUrl }) => person.open(callbackUrl)));
    expect(ends.filter(({ body }) => body.includes(says.connected))).toHaveLength(1);
    expect((await client.metadata("two-tabs")).generation).toBe(1);
  });
});

describe("a state", () => {
  it("that nobody began is unknown, and nothing is exchanged", async () => {
    const { person, callbackUrl } = await begin("foreign");
    const visit = await person.request(withQuery(callbackUrl, { state: "a".repeat(43) }));
    expect(visit.status).toBe(400);
    expect(visit.body).toContain(says.unknown);
    expect(await exchanges()).toBe(0);
  });

  it("is too late after ten minutes, and nothing is exchanged", async () => {
    const { person, link, callbackUrl } = await begin("slow");
    await expireRequest(callbackUrl);
    const visit = await person.request(callbackUrl);
    expect(visit.status).toBe(410);
    expect(visit.body).toContain(says.late);
    expect(await exchanges()).toBe(0);
    expect((await authorize(browser(), link, { account: "slow" })).status).toBe(200);
    expect(await isConnected("slow")).toBe(true);
  });

  it.each([
    ["a code and an error", { error: "access_denied" }],
    ["neither", { code: null }],
    ["an empty code", { code: "" }],
    ["a code with a line break", { code: "a\r\nb" }],
    ["a code of 2,049 characters", { code: "a".repeat(2_049) }],
  ] as const)("that arrives with %s is not spent", async (_, change) => {
    const { person, callbackUrl } = await begin("odd");
    const visit = await person.request(withQuery(callbackUrl, change));
    expect(visit.status).toBe(400);
    expect(visit.body).toContain(says.malformed);
    expect(await exchanges()).toBe(0);
    expect((await person.open(callbackUrl)).body).toContain(says.connected);
  });

  it("that arrives empty is as good as none, and nothing is spent", async () => {
    const { person, callbackUrl } = await begin("empty-state");
    const visit = await person.request(withQuery(callbackUrl, { state: "" }));
    expect(visit.status).toBe(400);
    expect(visit.body).toContain("Falta um passo");
    expect(await exchanges()).toBe(0);
    expect((await person.open(callbackUrl)).body).toContain(says.connected);
  });

  it("is none where a parameter is repeated", async () => {
    const { person, callbackUrl } = await begin("repeated");
    const visit = await person.request(`${callbackUrl}&state=${"a".repeat(43)}`);
    expect(visit.status).toBe(400);
    expect(await exchanges()).toBe(0);
    expect((await person.open(callbackUrl)).body).toContain(says.connected);
  });
});

describe("a person who declines", () => {
  it("ends on a page, has spent the state, and may open the link again", async () => {
    const { person, link, callbackUrl } = await begin("declining");
    const declined = withQuery(callbackUrl, { code: null, error: "access_denied" });
    const page = await person.open(declined);
    expect(page.status).toBe(200);
    expect(page.body).toContain(says.declined);
    expect((await person.open(callbackUrl)).body).toContain(says.declined);
    expect(await exchanges()).toBe(0);
    expect(await isConnected("declining")).toBe(false);
    await authorize(browser(), link, { account: "declining" });
    expect(await isConnected("declining")).toBe(true);
  });

  it.each(["page", "redirect"])("at a provider that answers with a %s changes nothing", async (decline) => {
    await client.sandbox.settings({ decline });
    const { authorization_url: link } = await client.ticket(`decline-${decline}`);
    const person = browser();
    const { callbackUrl } = await decide(person, link, { account: "Acme", decision: "decline" });
    if (decline === "page") expect(callbackUrl).toBe("");
    else expect((await person.open(callbackUrl)).body).toContain(says.declined);
    expect(await isConnected(`decline-${decline}`)).toBe(false);
    await authorize(person, link, { account: "Acme" });
    expect(await isConnected(`decline-${decline}`)).toBe(true);
  });

  it("changes nothing about the connection that is there", async () => {
    await client.connect("content");
    const before = await client.metadata("content");
    const { person, callbackUrl } = await begin("content");
    await person.open(withQuery(callbackUrl, { code: null, error: "access_denied" }));
    expect(await client.metadata("content")).toEqual(before);
  });
});

describe("a provider that does not grant", () => {
  it.each(["server_error", "temporarily_unavailable", "<script>alert(1)</script>"])(
    "but says %s is quoted nowhere, and the link can be opened again",
    async (error) => {
      const { person, link, callbackUrl } = await begin("refused");
      const refused = withQuery(callbackUrl, { code: null, error, error_description: "<b>quoted</b>" });
      const page = await person.open(refused);
      expect(page.body).toContain(says.unanswered);
      expect(page.body).not.toMatch(/quoted|alert|server_error|temporarily/);
      expect(await exchanges()).toBe(0);
      expect((await browser().request(link)).status).toBe(302);
    },
  );

  it("because the code is not its own is asked once", async () => {
    const { person, link, callbackUrl } = await begin("unknown-code");
    const forged = withQuery(callbackUrl, { code: "0".repeat(32) });
    expect((await person.open(forged)).body).toContain(says.rejected);
    expect((await person.open(callbackUrl)).body).toContain(says.rejected);
    expect(await exchanges()).toBe(1);
    expect(await isConnected("unknown-code")).toBe(false);
    expect((await browser().request(link)).status).toBe(302);
  });

  it.each([
    ["an error", { kind: "server-error", status: 500 }, says.unanswered],
    ["a page", { kind: "html" }, says.unanswered],
    ["an empty object", { kind: "empty-object" }, says.unanswered],
    ["a redirect", { kind: "redirect", status: 307 }, says.unanswered],
    ["a lost answer", { kind: "reset", processed: true }, says.unanswered],
    ["half an answer", { kind: "cut" }, says.unanswered],
    ["a wrong client", { kind: "wrong-client" }, says.rejected],
    ["too many requests", { kind: "rate-limit" }, says.unanswered],
  ])("but answers with %s is asked once, and the link can be opened again", async (_, fault, title) => {
    const { person, link, callbackUrl } = await begin("unanswered");
    await client.sandbox.faults([{ ...fault, endpoint: "token" }]);
    expect((await person.open(callbackUrl)).body).toContain(title);
    await client.sandbox.faults([]);
    expect((await person.open(callbackUrl)).body).toContain(title);
    expect(await exchanges()).toBe(1);
    expect((await client.sandbox.counters()).requests["redirected"]).toBeUndefined();
    expect(await isConnected("unanswered")).toBe(false);
    expect((await browser().request(link)).status).toBe(302);
  });

  it("leaves the connection that is there as it was", async () => {
    await client.connect("sturdy");
    const before = await client.metadata("sturdy");
    const { person, callbackUrl } = await begin("sturdy");
    await client.sandbox.faults([{ kind: "server-error", endpoint: "token" }]);
    await person.open(callbackUrl);
    expect(await client.metadata("sturdy")).toEqual(before);
  });

  it("its account's name is waited for no longer than two seconds", async () => {
    const { person, callbackUrl } = await begin("nameless");
    await client.sandbox.faults([{ kind: "delay", endpoint: "account_info", milliseconds: 30_000 }]);
    expect((await person.open(callbackUrl)).body).toContain(says.connected);
    expect(await client.metadata("nameless")).toMatchObject({ status: "active", label: null });
  });
});

/** Ten minutes pass for the authorization that a callback belongs to. */
async function expireRequest(callbackUrl: string): Promise<void> {
  const table = new DynamoDBClient({
    endpoint: stack.awsUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const state = new URL(callbackUrl).searchParams.get("state") ?? "";
  const reference = createHash("sha256").update(state).digest("hex").slice(0, 32);
  await table.send(
    new UpdateItemCommand({
      TableName: "chaveiro",
      Key: requestKey(reference),
      UpdateExpression: "SET expires_at = :past",
      ConditionExpression: "attribute_exists(expires_at)",
      ExpressionAttributeValues: { ":past": { N: String(Date.now() - 1) } },
    }),
  );
  table.destroy();
}
