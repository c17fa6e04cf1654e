import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestKey } from "../../shared/aws/authorization-item.ts";
import { authorize, browser, decide, type Visit } from "../support/browser.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";

let stack: LocalStack;
let client: StackClient;

/** What must not be on any page, in any redirect or in the log. */
const secrets: string[] = [];
/** Every page there is, by what it shows: its URL, as a browser without a cookie gets there. */
const pages = new Map<string, string>();

beforeAll(async () => {
  stack = await startLocalStack({ SWEEP_SECONDS: "3600", SANDBOX_TOKEN_SECONDS: "3600" });
  client = stackClient(stack);
  const auth = `${stack.brokerUrl}/auth/rd-station`;
  const { code } = await client.sandbox.approve("Installer");
  const spentLink = await take("authorized", "Acme", {});
  await take("declined", "Acme", { decision: "decline" });
  await take("wrong account", "Globex", {});
  const { callbackUrl } = await decide(browser(), await link("acme"), { account: "Acme" });
  secrets.push(code, ...new URL(callbackUrl).searchParams.values());
  const { access_token } = (await client.accessToken("acme")).body;
  secrets.push(access_token, ...access_token.split("."));
  pages.set("ticket spent", spentLink);
  pages.set("ticket unknown", `${auth}/start?ticket=unknown`);
  pages.set("ticket malformed", `${auth}/start`);
  pages.set("another browser", callbackUrl);
  pages.set("state unknown", `${auth}/callback?code=${code}&state=unknown`);
  pages.set("callback malformed", `${auth}/callback?code=${code}&error=access_denied`);
  pages.set("installation", `${auth}/callback?code=${code}`);
  pages.set("installation declined", `${auth}/callback?error=access_denied`);
  pages.set("installation failed", `${auth}/callback?error=server_error`);
  pages.set("result unknown", `${auth}/result/${"0".repeat(32)}`);
  pages.set("provider unknown", `${stack.brokerUrl}/auth/nobody/start?ticket=unknown`);
}, 120_000);
afterAll(() => stack?.dispose(), 30_000);

const shown = [
  ["authorized", 200, "Conta conectada", "Account connected"],
  ["declined", 200, "Autorização recusada", "Authorization declined"],
  ["wrong account", 200, "Conta diferente", "Another account"],
  ["ticket spent", 410, "Link já utilizado", "Link already used"],
  ["ticket unknown", 404, "Link desconhecido", "Unknown link"],
  ["ticket malformed", 400, "Endereço incompleto", "Incomplete address"],
  ["another browser", 403, "Outro navegador", "Another browser"],
  ["state unknown", 400, "Autorização desconhecida", "Unknown authorization"],
  ["callback malformed", 400, "Endereço incompleto", "Incomplete address"],
  ["installation", 400, "Falta um passo", "One more step"],
  ["installation declined", 400, "Autorização recusada", "Authorization declined"],
  ["installation failed", 400, "Falta um passo", "One more step"],
  ["result unknown", 404, "Resultado não encontrado", "Result not found"],
  ["provider unknown", 404, "Página não encontrada", "Page not found"],
] as const;

async function link(account: string): Promise<string> {
  const { authorization_url } = await client.ticket(account);
  secrets.push(new URL(authorization_url).searchParams.get("ticket") ?? "");
  return authorization_url;
}

/** Ends an authorization of `acme` on its result page. @returns the link it began with */
async function take(page: string, account: string, choice: { readonly decision?: "decline" }): Promise<string> {
  await client.sandbox.settings({ decline: "redirect" });
  const person = browser();
  const opened = await link("acme");
  const { callbackUrl } = await decide(person, opened, { account, ...choice });
  secrets.push(...new URL(callbackUrl).searchParams.values());
  secrets.push(...(person.cookies.get("127.0.0.1")?.values() ?? []));
  pages.set(page, (await person.open(callbackUrl)).url);
  return opened;
}

function look(page: string, language?: string): Promise<Visit> {
  const headers = language === undefined ? {} : { "accept-language": language };
  return browser().request(pages.get(page) ?? "", { headers });
}

describe.each(shown)("the page %s", (page, status, portuguese, english) => {
  it("is one of ours, safe to show and kept by nobody", async () => {
    const { status: answered, headers } = await look(page);
    expect(answered).toBe(status);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.getSetCookie()).toEqual([]);
    const policy = headers.get("content-security-policy")?.split("; ") ?? [];
    expect(policy).toEqual(expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'"]));
    expect(policy.join()).not.toMatch(/unsafe|\*|script-src|https?:/);
  });

  it.each([
    [undefined, "pt-BR", portuguese],
    ["pt-BR,pt;q=0.9,en;q=0.8", "pt-BR", portuguese],
    ["en-US,en;q=0.9,pt;q=0.8", "en", english],
    ["de,fr;q=0.5", "en", english],
  ] as const)("in the language of %j", async (accepted, language, title) => {
    const { headers, body } = await look(page, accepted);
    expect(body).toContain(`<html lang="${language}">`);
    expect(body).toContain(`<h1>${title}</h1>`);
    expect(headers.get("content-language")).toBe(language);
    expect(headers.get("vary")?.toLowerCase()).toContain("accept-language");
  });

  it("holds no secret and runs nothing", async () => {
    const { body, headers } = await look(page);
    for (const secret of secrets) expect(body + JSON.stringify([...headers])).not.toContain(secret);
    expect(body).not.toMatch(/<script|<img|<form|<link|<iframe| on\w+=|javascript:/i);
  });
});

describe("a result", () => {
  it("may be looked at again, by anybody who knows where it is", async () => {
    for (let time = 0; time < 3; time++) expect((await look("authorized")).status).toBe(200);
    expect((await look("authorized")).body).toContain("<bdi>Acme</bdi>");
  });

  it.each([
    "unknown",
    "",
    "0".repeat(31),
    "0".repeat(33),
    "A".repeat(32),
    `${"0".repeat(31)}g`,
    "%00",
    "..%2f..%2fstart",
  ])("that nobody knows is not found: %j", async (reference) => {
    const visit = await browser().request(`${stack.brokerUrl}/auth/rd-station/result/${reference}`);
    expect(visit.status).toBe(404);
  });

  it("is not found under another provider", async () => {
    const url = pages.get("authorized")?.replace("/rd-station/", "/rd-station-crm/") ?? "";
    expect((await browser().request(url)).status).toBe(404);
  });

  it("of an authorization that has not come back yet is not found", async () => {
    const visit = await browser().request(await link("pending"));
    const state = new URL(visit.headers.get("location") ?? "").searchParams.get("state") ?? "";
    const reference = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(state))).toString("hex");
    const url = `${stack.brokerUrl}/auth/rd-station/result/${reference.slice(0, 32)}`;
    expect((await browser().request(url)).status).toBe(404);
  });

  it("is not found after 24 hours, also while the table has not deleted it yet", async () => {
    await take("old", "Acme", { decision: "decline" });
    await age(pages.get("old")?.split("/").at(-1) ?? "");
    expect((await look("old")).status).toBe(404);
  });
});

describe("everything that was said", () => {
  it("is written down without a ticket, a state, a code, a cookie or a token", async () => {
    await authorize(browser(), await link("logged"), { account: "Logged" });
    for (const secret of secrets) expect(stack.output()).not.toContain(secret);
  });
});

/** A day and a minute pass for an authorization request. */
async function age(reference: string): Promise<void> {
  const table = new DynamoDBClient({
    endpoint: stack.awsUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const passed = Date.now() - (24 * 60 + 1) * 60_000;
  await table.send(
    new UpdateItemCommand({
      TableName: "chaveiro",
      Key: requestKey(reference),
      UpdateExpression: "SET expires_at = :expired, #ttl = :gone, taken.#at = :began",
      ConditionExpression: "attribute_exists(expires_at)",
      ExpressionAttributeNames: { "#ttl": "ttl", "#at": "at" },
      ExpressionAttributeValues: {
        ":expired": { N: String(passed + 10 * 60_000) },
        ":gone": { N: String(Math.floor(Date.now() / 1000) - 60) },
        ":began": { N: String(passed) },
      },
    }),
  );
  table.destroy();
}
