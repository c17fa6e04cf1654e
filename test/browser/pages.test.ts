import type { Browser, BrowserContext, BrowserContextOptions, Page as Tab } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { referenceOf } from "../../shared/broker/start-authorization.ts";
import { launchChromium, noChromium } from "../support/chromium.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { type StackClient, stackClient } from "../support/stack-client.ts";
import { approve, approveWithoutReturning, expireTicket, linesAbout, takeRequest } from "./account-owner.ts";
import { axeFindings, overflow, phone } from "./shown-page.ts";

if (noChromium !== undefined) console.warn(noChromium);

let stack: LocalStack;
let client: StackClient;
let browser: Browser;

beforeAll(async () => {
  if (noChromium !== undefined) return;
  [stack, browser] = await Promise.all([
    startLocalStack({
      SWEEP_SECONDS: "3600",
      SANDBOX_TOKEN_SECONDS: "3600",
      RETURN_TO_ORIGINS: "https://app.example",
    }),
    launchChromium(),
  ]);
  client = stackClient(stack);
}, 150_000);
afterAll(async () => {
  await browser?.close();
  await stack?.dispose();
}, 60_000);
beforeEach(async () => {
  await client?.sandbox.reset(["faults", "settings", "counters", "log"]);
  await client?.aws.faults([]);
});

/** A person with a browser of their own: Brazilian and on a phone, unless said otherwise. */
async function person(options: BrowserContextOptions, visit: (context: BrowserContext) => Promise<void>) {
  const context = await browser.newContext({ locale: "pt-BR", viewport: phone, ...options });
  try {
    await visit(context);
  } finally {
    await context.close();
  }
}

async function linkFor(account: string, options: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return (await client.ticket(account, options)).authorization_url;
}

/** A tab that shows the provider's approval page. */
async function opened(context: BrowserContext, link: string): Promise<Tab> {
  const tab = await context.newPage();
  await tab.goto(link);
  return tab;
}

async function mustShow(tab: Tab, title: string): Promise<void> {
  await tab.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
  expect(await overflow(tab)).toBe(0);
  expect(await axeFindings(tab)).toEqual([]);
}

async function exchanges(account: string): Promise<number> {
  return (await client.sandbox.log({ endpoint: "token", account })).filter(({ redeems }) => redeems === "code").length;
}

describe.skipIf(noChromium !== undefined)("the owner of an account", { timeout: 180_000 }, () => {
  it.each([
    ["pt-BR", "Conta conectada", "Sua senha não foi compartilhada com ninguém."],
    ["en-US", "Account connected", "Your password was not shared with anyone."],
  ])("connects it by clicking, in %s", async (locale, title, text) => {
    const account = `clicked-${locale.toLowerCase()}`;
    await person({ locale }, async (context) => {
      const tab = await opened(context, await linkFor(account));
      await approve(tab, "Loja do Zé");
      await mustShow(tab, title);
      const shown = await tab.locator("main").innerText();
      for (const part of [text, "RD Station Marketing", "Loja do Zé", account]) expect(shown).toContain(part);
      expect(new URL(tab.url()).search).toBe("");
      expect(await client.metadata(account)).toMatchObject({ status: "active", label: "Loja do Zé" });
      const connection = `rd-station/${account}`;
      expect(await linesAbout(stack, tab)).toMatchObject([
        { message: "Connected.", connection },
        { message: "A page was shown.", connection, outcome: "authorized" },
      ]);
    });
  });

  it("connects it with the keyboard alone", async () => {
    await person({}, async (context) => {
      const tab = await opened(context, await linkFor("typed"));
      await tab.keyboard.press("Tab");
      await tab.keyboard.press("ArrowDown");
      await tab.keyboard.press("Enter");
      await mustShow(tab, "Conta conectada");
      expect((await client.metadata("typed")).label).toBe("Acme Ltda");
    });
  });

  it("connects it without JavaScript", async () => {
    await person({ javaScriptEnabled: false }, async (context) => {
      const tab = await opened(context, await linkFor("scriptless"));
      await approve(tab, "Acme Ltda");
      await tab.getByRole("heading", { level: 1, name: "Conta conectada" }).waitFor();
      expect((await client.metadata("scriptless")).label).toBe("Acme Ltda");
    });
  });

  it("may have any name", async () => {
    const name = `<b onclick="x">Zé & "Filhos"</b> שלום 🧁 {provider} ${"longo".repeat(9)}`;
    await client.sandbox.settings({ accounts: [name] });
    await person({}, async (context) => {
      const tab = await opened(context, await linkFor("any-name"));
      await tab.getByRole("button", { name: "Autorizar" }).click();
      await mustShow(tab, "Conta conectada");
      expect(await tab.locator("dd").nth(1).textContent()).toBe(name);
    });
  });

  it("goes on to the page that asked for the connection, from the result, too", async () => {
    await person({}, async (context) => {
      await context.route("https://app.example/**", (route) => route.fulfill({ body: "A page of the integrator." }));
      const tab = await opened(context, await linkFor("returned", { return_to: "https://app.example/contas?a=1" }));
      const state = new URL(tab.url()).searchParams.get("state") ?? "";
      await approve(tab, "Acme Ltda");
      const back = "https://app.example/contas?a=1&connection=rd-station%2Freturned&result=authorized";
      await tab.waitForURL(back);
      await tab.goto(`${stack.brokerUrl}/auth/rd-station/result/${referenceOf(state)}`);
      await mustShow(tab, "Conta conectada");
      await tab.getByRole("link", { name: "Continuar" }).click();
      await tab.waitForURL(back);
    });
  });

  it.each([
    ["pt-BR", "Autorização recusada"],
    ["en-US", "Authorization declined"],
  ])("declines, is told in %s that nothing has changed, and connects with the same link", async (locale, title) => {
    const account = `declined-${locale.toLowerCase()}`;
    await client.sandbox.settings({ decline: "redirect" });
    await person({ locale }, async (context) => {
      const link = await linkFor(account);
      const tab = await opened(context, link);
      await tab.getByRole("button", { name: "Cancelar" }).click();
      await mustShow(tab, title);
      expect(await linesAbout(stack, tab)).toMatchObject([
        { outcome: "declined", connection: `rd-station/${account}` },
      ]);
      await tab.goto(link);
      await approve(tab, "Acme Ltda");
      await tab.waitForURL("**/result/*");
      expect((await client.metadata(account)).status).toBe("active");
    });
  });

  it("sees the same outcome in both tabs where the way back is opened twice at once", async () => {
    await client.sandbox.faults([{ kind: "delay", endpoint: "token", milliseconds: 1_500 }]);
    await person({}, async (context) => {
      const tab = await opened(context, await linkFor("doubled"));
      const callbackUrl = await approveWithoutReturning(tab, "Acme Ltda");
      const other = await context.newPage();
      await Promise.all([tab.goto(callbackUrl), other.goto(callbackUrl)]);
      for (const each of [tab, other]) await mustShow(each, "Conta conectada");
      expect(other.url()).toBe(tab.url());
      await tab.goto(callbackUrl);
      await mustShow(tab, "Conta conectada");
    });
    expect(await exchanges("Acme Ltda")).toBe(1);
    expect((await client.metadata("doubled")).generation).toBe(1);
  });

  it("is asked to wait where the outcome is not there yet, and looks again by a link", async () => {
    await person({}, async (context) => {
      const tab = await opened(context, await linkFor("slow"));
      const callbackUrl = await approveWithoutReturning(tab, "Acme Ltda");
      const reference = referenceOf(new URL(callbackUrl).searchParams.get("state") ?? "");
      await takeRequest(stack, reference, Date.now() + 60_000);
      await tab.goto(callbackUrl);
      await mustShow(tab, "Conectando…");
      await takeRequest(stack, reference, Date.now() - 60_000);
      await tab.keyboard.press("Tab");
      await tab.keyboard.press("Enter");
      await mustShow(tab, "A autorização não foi concluída");
      expect(await linesAbout(stack, tab)).toMatchObject([{ outcome: "under_way" }, { outcome: "not_completed" }]);
    });
  });

  it("who takes another account is told so, without either's name", async () => {
    await client.connect("taken", "Padaria Estrela");
    await person({}, async (context) => {
      const tab = await opened(context, await linkFor("taken"));
      await approve(tab, "Acme Ltda");
      await mustShow(tab, "Conta diferente");
      expect(await tab.locator("body").innerText()).not.toMatch(/Padaria|Acme/);
      expect(await linesAbout(stack, tab)).toMatchObject([
        { outcome: "wrong_account", connection: "rd-station/taken" },
      ]);
    });
    expect(await client.metadata("taken")).toMatchObject({ label: "Padaria Estrela", generation: 1 });
  });

  it("whose link is over is told whom to ask for another", async () => {
    await person({}, async (context) => {
      const link = await linkFor("late");
      await expireTicket(stack, link);
      const tab = await opened(context, link);
      await mustShow(tab, "Link expirado");
      const shown = await tab.locator("main").innerText();
      for (const text of ["RD Station Marketing", "late", "Peça um novo link a quem enviou este."])
        expect(shown).toContain(text);
      expect(await linesAbout(stack, tab)).toMatchObject([
        { outcome: "ticket_expired", connection: "rd-station/late" },
      ]);
    });
  });

  it("who has connected already is told so by the link", async () => {
    await person({}, async (context) => {
      const link = await linkFor("again");
      const tab = await opened(context, link);
      await approve(tab, "Acme Ltda");
      await mustShow(tab, "Conta conectada");
      await tab.goto(link);
      await mustShow(tab, "Link já utilizado");
      expect(await linesAbout(stack, tab)).toMatchObject([{ outcome: "ticket_spent", connection: "rd-station/again" }]);
    });
  });

  it("is told that the provider is down, and connects with the same link when it is back", async () => {
    await client.sandbox.faults([{ kind: "server-error", endpoint: "token", status: 503 }]);
    await person({}, async (context) => {
      const link = await linkFor("down");
      const tab = await opened(context, link);
      await approve(tab, "Acme Ltda");
      await mustShow(tab, "O RD Station Marketing não respondeu");
      expect(await linesAbout(stack, tab)).toMatchObject([
        { message: "A code was not exchanged.", provider_status: 503 },
        { outcome: "provider_unavailable" },
      ]);
      await client.sandbox.faults([]);
      await tab.goto(link);
      await approve(tab, "Acme Ltda");
      await mustShow(tab, "Conta conectada");
    });
  });

  it("is told that the broker has failed, and connects by reloading the page", async () => {
    await person({}, async (context) => {
      const tab = await opened(context, await linkFor("failed"));
      const callbackUrl = await approveWithoutReturning(tab, "Acme Ltda");
      await client.aws.faults([
        { service: "kms", operation: "GenerateDataKey", status: 500, error: "InternalFailure", times: 100 },
      ]);
      const answer = await tab.goto(callbackUrl);
      expect(answer?.status()).toBe(500);
      await mustShow(tab, "Algo deu errado do nosso lado");
      expect(await linesAbout(stack, tab)).toMatchObject([
        { message: "A request failed.", code: "internal_error" },
        { message: "A page was shown.", outcome: "internal_error" },
      ]);
      await client.aws.faults([]);
      await tab.reload();
      await mustShow(tab, "Conta conectada");
    });
  });

  it("who began in the app store is told where to go on", async () => {
    await person({}, async (context) => {
      const { code } = await client.sandbox.approve("Installer");
      const tab = await opened(context, `${stack.brokerUrl}/auth/rd-station/callback?code=${code}`);
      await mustShow(tab, "Falta um passo");
      expect(await tab.locator("main").innerText()).toContain("Entre no sistema que você quer conectar");
      expect(await exchanges("Installer")).toBe(0);
    });
  });

  it("is asked by nobody to load anything: every page is one request", async () => {
    await person({}, async (context) => {
      const asked: string[] = [];
      context.on("request", (request) => asked.push(new URL(request.url()).pathname));
      const problems: string[] = [];
      context.on("console", (message) => problems.push(message.text()));
      await opened(context, `${stack.brokerUrl}/auth/rd-station/start?ticket=unknown`);
      expect(asked).toEqual(["/auth/rd-station/start"]);
      expect(problems.filter((text) => !text.includes("404"))).toEqual([]);
    });
  });
});
