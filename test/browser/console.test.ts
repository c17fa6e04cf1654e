import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page as Tab } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchChromium, noChromium } from "../support/chromium.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { eventually, rejectedHash, type StackClient, stackClient } from "../support/stack-client.ts";
import { type ConsoleTab, card, connectByHand, heldStrings, live, openConsole, switchesOf } from "./console-tab.ts";
import { axeFindings, overflow } from "./shown-page.ts";

if (noChromium !== undefined) console.warn(noChromium);

const marketing = "RD Station Marketing";

let stack: LocalStack;
let client: StackClient;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  if (noChromium !== undefined) return;
  [stack, browser] = await Promise.all([startLocalStack({ SANDBOX_TOKEN_SECONDS: "3600" }), launchChromium()]);
  client = stackClient(stack);
}, 150_000);
afterAll(async () => {
  await browser?.close();
  await stack?.dispose();
}, 60_000);
beforeEach(() => client?.sandbox.reset(["faults", "settings"]));
afterEach(() => context?.close());

/** What every console of these tests has received and held, and the hash of every token that there was, for the end. */
const seen: string[] = [];
const issued = new Set<string>();

async function visit(options: BrowserContextOptions = {}): Promise<ConsoleTab> {
  context = await browser.newContext(options);
  return openConsole(context, stack);
}

/** Ends a visit: what the page had is kept, and nothing in it may have failed. */
async function leave(page: ConsoleTab): Promise<void> {
  for (const provider of ["rd-station", "rd-station-crm", "itflex"] as const) {
    for (const entry of await stackClient(stack, provider).sandbox.log()) {
      const { issued_access_hash, issued_refresh_hash, presented_hash } = entry;
      for (const hash of [issued_access_hash, issued_refresh_hash, presented_hash]) if (hash) issued.add(hash);
    }
  }
  seen.push(...page.received, await page.tab.content(), await heldStrings(page));
  expect(page.errors).toEqual([]);
}

describe.skipIf(noChromium !== undefined)("the console", { timeout: 180_000 }, () => {
  it("says what to click as long as there is no connection, and shows the one that is made", async () => {
    const page = await visit();
    const { tab } = page;
    const hint = tab.getByText("No connection yet.");
    await hint.waitFor();
    expect(await tab.getByRole("listitem").count()).toBe(0);
    const other = await connectByHand(tab, "acme", "Padaria Estrela");
    expect(await other.evaluate("window.opener")).toBeNull();
    const acme = card(tab, "rd-station/acme");
    await acme.says("status", "active");
    expect(await acme.text("title")).toBe("Padaria Estrela");
    expect(await acme.text("provider")).toBe(marketing);
    expect(await acme.text("generation")).toBe("1");
    expect(await hint.isVisible()).toBe(false);
    await event(tab, "connection.authorized", "rd-station/acme").first().waitFor();
    const { access_token } = (await client.accessToken("acme")).body;
    await acme.says("fingerprint", rejectedHash(access_token));
    await leave(page);
  });

  it("connects at every other provider, with a key where it has no page", async () => {
    const page = await visit();
    await page.tab.getByRole("combobox", { name: "Provider", exact: true }).selectOption({ label: "RD Station CRM" });
    await connectByHand(page.tab, "sales", "Acme Ltda");
    await card(page.tab, "rd-station-crm/sales").says("status", "active");
    await page.tab.getByRole("combobox", { name: "Provider", exact: true }).selectOption({ label: "iTFLEX" });
    await page.tab.getByRole("textbox", { name: /^Account/ }).fill("cliente-7");
    await page.tab.getByRole("button", { name: "Connect", exact: true }).click();
    await card(page.tab, "itflex/cliente-7").says("status", "active");
    await leave(page);
  });

  it("shows a life that runs down, and a refresh as it happens", async () => {
    const page = await visit();
    const { tab } = page;
    await tab.evaluate("window.isStillThere = true");
    await (await switchesOf(tab, marketing)).setLife(8);
    await client.connect("live");
    const shown = card(tab, "rd-station/live");
    await shown.says("generation", "1");
    await shown.says("fingerprint", /^[0-9a-f]{16}$/);
    const before = await shown.left();
    await eventually(async () => (await shown.left()) < before);
    await shown.says("generation", "3");
    await eventually(async () => (await shown.marks("succeeded")) >= 2);
    expect(await tab.evaluate("window.isStillThere")).toBe(true);
    await leave(page);
  });

  it("refreshes and reports a token as rejected, once a minute", async () => {
    await client.connect("pressed");
    const page = await visit();
    const pressed = card(page.tab, "rd-station/pressed");
    await pressed.button("Refresh").click();
    await pressed.says("notice", "Refreshed: generation 2.");
    const { access_token } = (await client.accessToken("pressed")).body;
    await pressed.says("fingerprint", rejectedHash(access_token));
    await pressed.button("Reject token").click();
    await pressed.says("notice", "Reported as rejected, and refreshed: generation 3.");
    await pressed.says("generation", "3");
    const next = (await client.accessToken("pressed")).body;
    await pressed.says("fingerprint", rejectedHash(next.access_token));
    await pressed.button("Reject token").click();
    await pressed.says("notice", "Another one would be rejected too");
    expect((await client.metadata("pressed")).generation).toBe(3);
    await leave(page);
  });

  it("revokes what a person means to revoke, and connects it again", async () => {
    await client.connect("leaving", "Acme Ltda");
    const page = await visit();
    const { tab } = page;
    const leaving = card(tab, "rd-station/leaving");
    await leaving.button("Revoke").click();
    await tab.getByRole("dialog").getByText("Revoke rd-station/leaving?").waitFor();
    await tab.keyboard.press("Escape");
    await tab.getByRole("dialog").waitFor({ state: "hidden" });
    expect((await client.metadata("leaving")).status).toBe("active");

    await leaving.button("Revoke").click();
    await tab.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await leaving.says("notice", "Revoked: the provider has ended the grant.");
    await leaving.says("status", "revoked");
    expect(await client.metadata("leaving")).toMatchObject({ status: "revoked", generation: 2 });
    expect((await client.sandbox.grants("Acme Ltda")).map(({ alive }) => alive)).toEqual([false]);
    await event(tab, "connection.revoked", "rd-station/leaving").first().waitFor();
    expect(await leaving.button("Refresh").isVisible()).toBe(false);

    const [other] = await Promise.all([tab.context().waitForEvent("page"), leaving.button("Connect again").click()]);
    await other.getByRole("radio", { name: "Acme Ltda" }).check();
    await other.getByRole("button", { name: "Autorizar" }).click();
    await leaving.says("status", "active");
    await leaving.says("generation", "3");
    await leave(page);
  });

  it("breaks the provider, shows what the broker makes of it, and repairs it", async () => {
    await client.connect("broken");
    const page = await visit();
    const { tab } = page;
    const broken = card(tab, "rd-station/broken");
    const switches = await switchesOf(tab, marketing);
    await switches.break("answers 503", "all requests");
    await broken.button("Refresh").click();
    await broken.says("notice", "The provider does not answer as it should");
    await broken.says("status", "degraded");
    await broken.says("explanation", "The last refresh failed (provider_unavailable)");
    await broken.says("tally", /^0 succeeded, \d+ failed \(last at \d.*, provider_unavailable\)$/);
    for (let tries = 1; tries < 5; tries++) await client.refresh("broken");
    await broken.says("explanation", "the provider is left alone for a while");
    await tab.getByText("provider.unavailable").first().waitFor();
    expect(await broken.marks("failed")).toBeGreaterThan(1);

    await switches.repair();
    await broken.button("Refresh").click();
    await broken.says("status", "active");
    await event(tab, "connection.recovered", "rd-station/broken").first().waitFor();
    await eventually(async () => (await broken.text("explanation")) === "");
    await eventually(async () => (await broken.marks("succeeded")) > 0);
    await leave(page);
  });

  it("changes every setting that is changed, also while another change is under way", async () => {
    const page = await visit();
    const switches = await switchesOf(page.tab, marketing);
    let letGo = () => {};
    const isLetGo = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const isSettings = "**/console/sandbox/rd-station/settings";
    await context.route(isSettings, (route) => isLetGo.then(() => route.continue()), { times: 1 });
    await switches.changeBoth("is replaced, the old one dies", 1234);
    letGo();
    await eventually(async () => (await client.sandbox.settings())["token_seconds"] === 1234);
    expect(await client.sandbox.settings()).toMatchObject({ rotation: "new-old-dies" });
    await leave(page);
  });

  it("says what is left to do by hand where the provider cannot be asked to end a grant", async () => {
    const itflex = stackClient(stack, "itflex");
    const { refresh_token, origin } = await itflex.sandbox.handOut("by-hand");
    await itflex.put("by-hand", refresh_token, origin);
    const page = await visit();
    const byHand = card(page.tab, "itflex/by-hand");
    await byHand.button("Revoke").click();
    await page.tab.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await byHand.says("notice", "delete it among the integrators' keys of the customer's iTFLEX");
    await leave(page);
  });

  it("shows a grant that is dead, and who has to act", async () => {
    await client.connect("dead");
    const page = await visit();
    await (await switchesOf(page.tab, marketing)).break("says the grant is dead", "3 requests");
    const dead = card(page.tab, "rd-station/dead");
    await dead.button("Refresh").click();
    await dead.says("status", "reauthorization required");
    await dead.says("explanation", "Its owner has to connect it again.");
    expect(await dead.button("Connect again").isVisible()).toBe(true);
    expect(await dead.button("Reject token").isVisible()).toBe(false);
    await leave(page);
  });

  it("goes on by itself after npm start was started again", async () => {
    await client.connect("lasting");
    await client.sandbox.aim("lasting", [{ kind: "server-error", endpoint: "token" }]);
    await client.refresh("lasting");
    await client.sandbox.aim("lasting", []);
    await client.refresh("lasting");
    const page = await visit();
    const { tab } = page;
    const lasting = card(tab, "rd-station/lasting");
    await lasting.says("generation", "2");
    await tab.evaluate("window.isStillThere = true");
    await stack.stop();
    await tab.getByText("The broker does not answer.").waitFor();
    await lasting.button("Refresh").click();
    await lasting.says("notice", "The broker does not answer. Is npm start running?");
    await stack.start();
    await live(tab);
    const { generation } = (await client.refresh("lasting")).body;
    await lasting.says("generation", String(generation));
    expect(await lasting.marks("failed")).toBe(1);
    expect(await lasting.marks("succeeded")).toBe(2);
    expect(await tab.evaluate("window.isStillThere")).toBe(true);
    await leave(page);
  });

  it("works in more tabs than a browser has connections, and shows what happened when it is seen again", async () => {
    await client.connect("crowded");
    const page = await visit();
    await card(page.tab, "rd-station/crowded").says("generation", "1");
    await background(page.tab, true);
    for (let tabs = 1; tabs < 7; tabs++) await background((await openConsole(context, stack)).tab, true);
    const last = await openConsole(context, stack);
    const crowded = card(last.tab, "rd-station/crowded");
    await crowded.button("Refresh").click();
    await crowded.says("notice", "Refreshed: generation 2.");
    expect(await card(page.tab, "rd-station/crowded").text("generation")).toBe("1");
    await background(page.tab, false);
    await card(page.tab, "rd-station/crowded").says("generation", "2");
    await leave(page);
  });

  it("asks again where it is turned away", async () => {
    context = await browser.newContext();
    let turnedAway = 0;
    await context.route(
      "**/console/events",
      (route) => {
        turnedAway++;
        return route.fulfill({ status: 503 });
      },
      { times: 2 },
    );
    const page = await openConsole(context, stack);
    expect(turnedAway).toBe(2);
    await leave(page);
  });

  it("does everything by keyboard, and leaves the focus where it is", async () => {
    await client.connect("typed");
    const page = await visit();
    const { tab } = page;
    const typed = card(tab, "rd-station/typed");
    await tab.keyboard.press("Tab");
    expect(await focused(tab)).toBe("Skip to the connections");
    await eventually(async () => {
      await tab.keyboard.press("Tab");
      return (await focused(tab)) === "Refresh rd-station/typed";
    });
    await tab.keyboard.press("Enter");
    await typed.says("generation", "2");
    expect(await focused(tab)).toBe("Refresh rd-station/typed");
    await tab.keyboard.press("Tab");
    await tab.keyboard.press("Tab");
    expect(await focused(tab)).toBe("Revoke rd-station/typed");
    await tab.keyboard.press("Enter");
    await tab.getByRole("dialog").waitFor();
    expect(await focused(tab)).toBe("Keep it");
    await tab.keyboard.press("Enter");
    await tab.getByRole("dialog").waitFor({ state: "hidden" });
    expect(await focused(tab)).toBe("Revoke rd-station/typed");
    await leave(page);
  });

  it("has nothing that axe objects to, in light and dark", async () => {
    const page = await visit();
    const { tab } = page;
    const switches = await switchesOf(tab, marketing);
    await switches.break("hangs up", "1 request");
    await tab.getByText("connection.degraded").first().waitFor();
    const inBoth = async () => {
      for (const colorScheme of ["light", "dark"] as const) {
        await tab.emulateMedia({ colorScheme });
        expect(await axeFindings(tab), colorScheme).toEqual([]);
      }
    };
    await inBoth();
    await tab.getByRole("button", { name: "Revoke rd-station/acme" }).click();
    await inBoth();
    await leave(page);
  });

  it("draws the bar and the marks also where the person's own colours replace those of the page", async () => {
    await client.connect("contrast");
    const page = await visit({ forcedColors: "active" });
    const contrast = card(page.tab, "rd-station/contrast");
    for (const [outcome, faults] of [
      ["failed", [{ kind: "server-error", endpoint: "token" }]],
      ["succeeded", []],
      ["unknown", [{ kind: "reset", processed: true, endpoint: "token" }]],
    ] as const) {
      await client.sandbox.aim("contrast", faults);
      await contrast.button("Refresh").click();
      await eventually(async () => (await contrast.marks(outcome)) > 0);
    }
    await client.sandbox.aim("contrast", []);
    const isDrawn = (selector: string) =>
      page.tab.evaluate<boolean>(`(() => {
        const card = document.querySelector('[aria-label="Refresh rd-station/contrast"]').closest("li");
        const { backgroundColor, borderTopWidth, borderTopColor } = getComputedStyle(card.querySelector("${selector}"));
        const ground = getComputedStyle(document.body).backgroundColor;
        const isFilled = backgroundColor !== ground && !backgroundColor.startsWith("rgba");
        return isFilled || (borderTopWidth !== "0px" && borderTopColor !== ground);
      })()`);
    for (const selector of [".bar", ".left", ".due", ".mark-succeeded", ".mark-failed", ".mark-unknown"]) {
      expect(await isDrawn(selector), selector).toBe(true);
    }
    // It can tell: of the header there is neither ground nor border.
    expect(await isDrawn("header")).toBe(false);
    await leave(page);
  });

  it("fits every screen, and shows a label as it is, whatever is in it", async () => {
    const account = "a-name-that-is-as-long-as-names-of-accounts-are-allowed-to-be-64";
    const label = `<img src=x onerror="document.title='owned'">${"Panificadora".repeat(4)}`;
    await client.put(account, await client.sandbox.refreshToken(label));
    const page = await visit();
    const { tab } = page;
    await card(tab, `rd-station/${account}`).says("status", "active");
    expect(await card(tab, `rd-station/${account}`).text("title")).toBe(label);
    expect(await tab.title()).toBe("chaveiro console");
    await switchesOf(tab, "RD Station CRM");
    for (const width of [320, 375, 768, 1280]) {
      await tab.setViewportSize({ width, height: 740 });
      expect(await overflow(tab), `${width}`).toBe(0);
      const heights = await tab.evaluate<readonly number[]>(
        `[...document.querySelectorAll("button, input, select")].map((each) => each.offsetHeight).filter((height) => height > 0)`,
      );
      if (width < 500) expect(Math.min(...heights), `${width}`).toBeGreaterThanOrEqual(44);
    }
    await leave(page);
  });

  it("shows the first 100 connections, and the others when it is asked to", async () => {
    const accounts = Array.from({ length: 100 }, (_, index) => `many-${index}`);
    for (const account of accounts) await client.put(account, await client.sandbox.refreshToken("Acme Ltda"));
    const page = await visit();
    const { tab } = page;
    const cards = tab.locator("#cards > li");
    await tab.getByText("These are the first 100.").waitFor();
    expect(await cards.count()).toBe(100);
    await tab.getByRole("button", { name: "Show 100 more" }).click();
    await tab.getByText("These are the first 100.").waitFor({ state: "hidden" });
    expect(await cards.count()).toBeGreaterThan(100);
    for (const account of ["acme", "many-0", "many-99"])
      await card(tab, `rd-station/${account}`).says("status", "active");
    await leave(page);
  });

  it("was never given a token: not in its answers, not on its stream, not in its markup, not in its memory", async () => {
    const owners = [
      ["rd-station", "acme"],
      ["rd-station-crm", "sales"],
      ["itflex", "cliente-7"],
    ] as const;
    const answers = await Promise.all(
      owners.map(([provider, account]) => stackClient(stack, provider).accessToken(account)),
    );
    const tokens = answers.map(({ body }) => body.access_token);
    expect(issued.size).toBeGreaterThan(20);
    const search = (text: string) => wordsOf(text).filter((word) => issued.has(rejectedHash(word)));
    // It finds what it looks for, in whatever surrounds it.
    for (const token of tokens) {
      expect(search(`{"access_token":"${token}"}`)).toEqual([token]);
      expect(search(`Authorization: Bearer ${token}\n`)).toEqual([token]);
    }
    expect(seen.some((text) => text.includes("fingerprint"))).toBe(true);
    expect(seen.join("").length).toBeGreaterThan(1_000_000);
    expect(seen.flatMap(search)).toEqual([]);
  });
});

/** Everything that could be a token. */
function wordsOf(text: string): readonly string[] {
  return [...new Set(text.match(/[A-Za-z0-9._~+/-]{16,}/g) ?? [])];
}

/** An event in the list, of one connection. */
function event(tab: Tab, name: string, connection: string): Locator {
  return tab
    .locator("#event-list li")
    .filter({ hasText: name })
    .filter({ hasText: `${connection} ·` });
}

/** Puts a tab behind another one, as its page is told; Playwright keeps all its tabs in front. */
async function background(tab: Tab, isBehind: boolean): Promise<void> {
  await tab.evaluate(`
    Object.defineProperty(document, "hidden", { configurable: true, value: ${isBehind} });
    document.dispatchEvent(new Event("visibilitychange"));
  `);
}

/** What has the focus, by the name that a screen reader says. */
function focused(tab: Tab): Promise<string> {
  return tab.evaluate<string>("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()");
}
