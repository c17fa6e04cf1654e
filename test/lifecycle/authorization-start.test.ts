import { createHash } from "node:crypto";
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ticketKey } from "../../shared/aws/authorization-item.ts";
import { authorize, browser } from "../support/browser.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";

let stack: LocalStack;
let client: StackClient;

beforeAll(async () => {
  stack = await startLocalStack({ SWEEP_SECONDS: "3600", SANDBOX_TOKEN_SECONDS: "3600" });
  client = stackClient(stack);
}, 90_000);
afterAll(() => stack?.dispose(), 30_000);

const secret = /^[A-Za-z0-9_-]{43}$/;
const english = { headers: { "accept-language": "en" } };

async function linkFor(account: string): Promise<string> {
  return (await client.ticket(account)).authorization_url;
}

function stateOf(location: string | null): string {
  return new URL(location ?? "").searchParams.get("state") ?? "";
}

/** Changes a stored ticket as time, or somebody with access to the table, would. */
async function changeTicket(link: string, attribute: string, value: { N: string } | { S: string }): Promise<void> {
  const table = new DynamoDBClient({
    endpoint: stack.awsUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const ticket = new URL(link).searchParams.get("ticket") ?? "";
  await table.send(
    new UpdateItemCommand({
      TableName: "chaveiro",
      Key: ticketKey(createHash("sha256").update(ticket).digest("hex")),
      UpdateExpression: "SET #attribute = :value",
      ConditionExpression: "attribute_exists(#attribute)",
      ExpressionAttributeNames: { "#attribute": attribute },
      ExpressionAttributeValues: { ":value": value },
    }),
  );
  table.destroy();
}

describe("opening a ticket's link", () => {
  it("sends the browser to the provider with our client, our callback and a state, and nothing else", async () => {
    const link = await linkFor("redirected");
    const visit = await browser().request(link);
    const location = visit.headers.get("location") ?? "";
    const dialog = new URL(location);
    expect(visit.status).toBe(302);
    expect(visit.body).toBe("");
    expect(dialog.origin + dialog.pathname).toBe(`${stack.sandboxUrl}/rd-station/auth/dialog`);
    expect([...dialog.searchParams.keys()].sort()).toEqual(["client_id", "redirect_uri", "state"]);
    expect(dialog.searchParams.get("redirect_uri")).toBe(`${stack.brokerUrl}/auth/rd-station/callback`);
    expect(stateOf(location)).toMatch(secret);
    expect(location).not.toContain(new URL(link).searchParams.get("ticket"));
    expect(visit.headers.get("cache-control")).toBe("no-store");
    expect(visit.headers.get("referrer-policy")).toBe("no-referrer");
  });

  it("binds the browser with a cookie that only this host reads, for ten minutes", async () => {
    const visit = await browser().request(await linkFor("bound"));
    const [cookie = "", ...others] = visit.headers.getSetCookie();
    const [pair = "", ...attributes] = cookie.split("; ");
    expect(others).toEqual([]);
    expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax"]);
    expect(pair).toMatch(/^chaveiro=[A-Za-z0-9_-]{43}$/);
    expect(visit.headers.get("location")).not.toContain(pair.slice("chaveiro=".length));
  });

  it("keeps a browser's cookie and never a state", async () => {
    const person = browser();
    const [first, second] = [await linkFor("kept"), await linkFor("kept-too")];
    const visits = [await person.request(first), await person.request(first), await person.request(second)];
    const cookies = visits.map(({ headers }) => headers.getSetCookie()[0]?.split(";")[0]);
    const states = visits.map(({ headers }) => stateOf(headers.get("location")));
    expect(new Set(cookies).size).toBe(1);
    expect(new Set(states).size).toBe(3);
  });

  it.each([
    "chaveiro=short",
    "chaveiro=",
    `chaveiro=${"é".repeat(43)}`,
    `chaveiro=${"a".repeat(44)}`,
    `__Host-chaveiro=${"a".repeat(43)}`,
    `other=${"a".repeat(43)}`,
  ])("gives a browser that came with the cookie %s a new one", async (cookie) => {
    const link = await linkFor("new-cookie");
    const visit = await browser().request(link, { headers: { cookie: Buffer.from(cookie).toString("latin1") } });
    const [, value] = /^chaveiro=([^;]*)/.exec(visit.headers.getSetCookie()[0] ?? "") ?? [];
    expect(value).toMatch(secret);
    expect(cookie).not.toContain(value);
  });

  it("can be done by any number of link previews before a person does it", async () => {
    const link = await linkFor("previewed");
    for (let preview = 0; preview < 3; preview++) expect((await browser().request(link)).status).toBe(302);
    await authorize(browser(), link, { account: "Previewed" });
    expect((await client.metadata("previewed")).label).toBe("Previewed");
  });

  it.each(["prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip"])(
    "ahead of a person, with Sec-Purpose: %s, gives nothing and uses nothing up",
    async (purpose) => {
      const link = await linkFor("prefetched");
      for (let time = 0; time < 21; time++) {
        const visit = await browser().request(link, { headers: { "sec-purpose": purpose } });
        expect(visit.status).not.toBe(302);
        expect(visit.body).toBe("");
        expect(visit.headers.get("location")).toBeNull();
        expect(visit.headers.getSetCookie()).toEqual([]);
        expect(visit.headers.get("cache-control")).toBe("no-store");
      }
      expect((await browser().request(link)).status).toBe(302);
    },
  );
});

describe("a ticket", () => {
  it("has at most 20 authorizations open, and other tickets of the account have their own", async () => {
    const link = await linkFor("busy");
    for (let time = 0; time < 20; time++) expect((await browser().request(link)).status).toBe(302);
    const visit = await browser().request(link, english);
    expect(visit.status).toBe(429);
    expect(visit.body).toContain("Too many attempts");
    // As long as the page says, and as an authorization may take.
    expect(visit.headers.get("retry-after")).toBe("600");
    expect(visit.headers.getSetCookie()).toEqual([]);
    expect((await browser().request(await linkFor("busy"))).status).toBe(302);
  });

  it("that 12 browsers open at once opens for all of them", async () => {
    const link = await linkFor("popular");
    const visits = await Promise.all(Array.from({ length: 12 }, () => browser().request(link)));
    expect(visits.map(({ status }) => status)).toEqual(Array(12).fill(302));
  });

  it("that 30 browsers open at once opens for no more than 20", async () => {
    const link = await linkFor("crowded");
    const visits = await Promise.all(Array.from({ length: 30 }, () => browser().request(link)));
    const opened = visits.filter(({ status }) => status === 302).length;
    expect(opened).toBeGreaterThan(0);
    expect(opened).toBeLessThanOrEqual(20);
    expect(visits.filter(({ status }) => status !== 302 && status !== 429)).toEqual([]);
  });

  it("says that it was used, once an authorization with it has succeeded", async () => {
    const link = await linkFor("spent");
    await authorize(browser(), link, { account: "Spent" });
    const visit = await browser().request(link, english);
    expect(visit.status).toBe(410);
    expect(visit.body).toContain("Link already used");
    expect(visit.headers.get("location")).toBeNull();
  });

  it("still says so after a refresh has replaced what it had committed", async () => {
    const link = await linkFor("spent-long-ago");
    await authorize(browser(), link, { account: "Spent long ago" });
    expect((await client.refresh("spent-long-ago")).body.generation).toBe(2);
    expect((await browser().request(link)).status).toBe(410);
  });

  it("says that it has expired", async () => {
    const link = await linkFor("late");
    await changeTicket(link, "expires_at", { N: String(Date.now() - 1) });
    const visit = await browser().request(link, english);
    expect(visit.status).toBe(410);
    expect(visit.body).toContain("Link expired");
  });

  it("lives as long as was asked for", async () => {
    const before = Date.now();
    const { expires_at } = await client.ticket("short-lived", { expires_in_seconds: 60 });
    expect(Date.parse(expires_at)).toBeGreaterThanOrEqual(before + 60_000);
    expect(Date.parse(expires_at)).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(expires_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it("of another provider is unknown here", async () => {
    const link = await linkFor("elsewhere");
    await changeTicket(link, "provider", { S: "rd-station-crm" });
    expect((await browser().request(link)).status).toBe(404);
  });

  it("that was never issued is unknown", async () => {
    const visit = await browser().request(`${stack.brokerUrl}/auth/rd-station/start?ticket=${"a".repeat(43)}`, english);
    expect(visit.status).toBe(404);
    expect(visit.body).toContain("Unknown link");
  });

  it("of a provider that nobody knows is a page that was not found", async () => {
    const link = new URL(await linkFor("lost"));
    link.pathname = "/auth/nobody/start";
    const visit = await browser().request(link.href, english);
    expect(visit.status).toBe(404);
    expect(visit.body).toContain("Page not found");
  });

  it.each(["", "?ticket=", "?ticket=a%20b", "?ticket=%C3%A9", "?ticket=a&ticket=b", `?ticket=${"a".repeat(129)}`])(
    "that is malformed is refused: %s",
    async (query) => {
      const visit = await browser().request(`${stack.brokerUrl}/auth/rd-station/start${query}`, english);
      expect(visit.status).toBe(400);
      expect(visit.body).toContain("Incomplete address");
      expect(visit.headers.getSetCookie()).toEqual([]);
    },
  );
});
