import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, Page as Tab } from "playwright-core";
import { type LanguageTexts, texts } from "../../shared/runtime/pages/texts.ts";
import { approve } from "../browser/account-owner.ts";
import { openConsole } from "../browser/console-tab.ts";
import { phone } from "../browser/shown-page.ts";
import { launchChromium, noChromium } from "../support/chromium.ts";
import { startLocalStack } from "../support/local-stack.ts";
import { stackClient } from "../support/stack-client.ts";
import { setConsoleScene, tokenSeconds } from "./console-scene.ts";
import { plainFonts } from "./fonts.ts";
import { withPalette } from "./palette-png.ts";

/*
 * `npm run screenshots`: the pictures of the READMEs, of the real pages of a real stack that lives as long as this
 * process. Takes a folder for them as its argument, or else replaces those of docs/screenshots.
 */

if (noChromium !== undefined) throw new Error(noChromium);
const directory = resolve(process.argv[2] ?? fileURLToPath(new URL("../../docs/screenshots", import.meta.url)));
mkdirSync(directory, { recursive: true });

const work = mkdtempSync(join(tmpdir(), "chaveiro-screenshots-"));
const stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: String(tokenSeconds) });
try {
  const browser = await launchChromium(plainFonts(work));
  const desk = { viewport: { width: 1280, height: 1264 }, deviceScaleFactor: 1.5, locale: "en-GB" };
  const hand = { viewport: phone, deviceScaleFactor: 2 };
  await inContext(browser, desk, takeConsole);
  await inContext(browser, { ...hand, locale: "pt-BR" }, (context) => takePages(context, "pt-BR", texts.pt));
  await inContext(browser, { ...hand, locale: "en" }, (context) => takePages(context, "en", texts.en));
  await browser.close();
} finally {
  await stack.dispose();
  rmSync(work, { recursive: true });
}

/** The console of somebody who breaks providers and watches. */
async function takeConsole(context: BrowserContext): Promise<void> {
  const { tab } = await openConsole(context, stack);
  await setConsoleScene(tab, stack);
  const account = tab.getByRole("textbox", { name: /^Account/ });
  await account.fill("mercado-central");
  await account.blur();
  await take(tab, "console");
}

/** What the owner of an account ends on: while the provider is down, and then with the same link. */
async function takePages(context: BrowserContext, language: string, { pages }: LanguageTexts): Promise<void> {
  const { ticket, sandbox } = stackClient(stack);
  const { authorization_url } = await ticket("padaria-estrela");
  const tab = await context.newPage();
  for (const { name, page, faults } of [
    {
      name: "provider-down",
      page: pages.provider_unavailable,
      faults: [{ kind: "server-error", endpoint: "token", status: 503 }],
    },
    { name: "connected", page: pages.authorized, faults: [] },
  ]) {
    await sandbox.faults(faults);
    await tab.goto(authorization_url);
    await approve(tab, "Padaria Estrela");
    const title = page.title.replace("{provider}", "RD Station Marketing");
    await tab.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
    await take(tab, `${name}.${language}`);
  }
}

async function take(tab: Tab, name: string): Promise<void> {
  const file = join(directory, `${name}.png`);
  const png = withPalette(await tab.screenshot({ animations: "disabled" }));
  writeFileSync(file, png);
  process.stdout.write(`${file}: ${Math.ceil(png.length / 1024)} KiB\n`);
}

async function inContext(
  browser: Browser,
  options: BrowserContextOptions,
  use: (context: BrowserContext) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ timezoneId: "America/Sao_Paulo", ...options });
  await use(context);
  await context.close();
}
