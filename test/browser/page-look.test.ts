import type { Browser, BrowserContext, BrowserContextOptions, Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "../../shared/runtime/pages/page.ts";
import { type PageKey, pageSigns, texts } from "../../shared/runtime/pages/texts.ts";
import { launchChromium, noChromium } from "../support/chromium.ts";
import { axeFindings, desktop, narrowest, overflow, pageTab, phone } from "./shown-page.ts";

if (noChromium !== undefined) console.warn(noChromium);

const keys = Object.keys(pageSigns) as PageKey[];

let browser: Browser;

beforeAll(async () => {
  if (noChromium === undefined) browser = await launchChromium();
}, 150_000);
afterAll(() => browser?.close(), 30_000);

/** Everything that a page can be filled with. */
function full(key: PageKey): Page {
  return {
    status: 200,
    key,
    provider: "RD Station Marketing",
    connection: "rd-station/padaria-sol",
    label: "Padaria Sol Nascente Ltda",
    proceedTo: "https://app.example/contas",
  };
}

async function inContext<Value>(options: BrowserContextOptions, use: (context: BrowserContext) => Promise<Value>) {
  const context = await browser.newContext(options);
  try {
    return await use(context);
  } finally {
    await context.close();
  }
}

/** Shows every page there is, one after the other. */
async function eachPage(options: BrowserContextOptions, look: (tab: Tab, key: PageKey) => Promise<void>) {
  await inContext(options, async (context) => {
    const { tab, show } = await pageTab(context);
    for (const key of keys) {
      await show(full(key));
      await look(tab, key);
    }
  });
}

function styleOf(tab: Tab, selector: string, property: string): Promise<string> {
  return tab.evaluate<string>(`getComputedStyle(document.querySelector("${selector}")).${property}`);
}

describe.skipIf(noChromium !== undefined)("every page", { timeout: 300_000 }, () => {
  it.each([
    ["pt-BR", "light"],
    ["en-US", "dark"],
  ] as const)("has nothing that axe would find, in %s, %s", async (locale, colorScheme) => {
    await eachPage({ locale, colorScheme, viewport: phone }, async (tab, key) => {
      expect(await axeFindings(tab), key).toEqual([]);
    });
  });

  it.each(["pt-BR", "en-US"])("in %s fits the narrowest screen, whatever is on it", async (locale) => {
    await eachPage({ locale, viewport: narrowest }, async (tab, key) => {
      expect(await overflow(tab), key).toBe(0);
    });
  });

  it.each([
    ["pt-PT", "pt-BR", "pt"],
    ["de-DE", "en", "en"],
  ] as const)("asked for in %s is in %s", async (locale, tag, language) => {
    await eachPage({ locale, viewport: desktop }, async (tab, key) => {
      const { title } = texts[language].pages[key];
      const wanted = title.replace("{provider}", "RD Station Marketing");
      expect(await tab.title()).toBe(wanted);
      expect(await tab.getByRole("heading", { level: 1 }).textContent()).toBe(wanted);
      expect(await tab.locator("html").getAttribute("lang")).toBe(tag);
    });
  });

  it("says the same without JavaScript, and styled", async () => {
    await eachPage({ locale: "pt-BR", javaScriptEnabled: false, viewport: phone }, async (tab, key) => {
      const { frame, pages } = texts.pt;
      expect(await tab.locator("main").innerText()).toContain(
        pages[key].next.replaceAll("{provider}", "RD Station Marketing"),
      );
      expect(await tab.locator("main").innerText()).toContain(frame.signs[pageSigns[key]]);
      expect(await styleOf(tab, "article", "borderTopLeftRadius")).toBe("16px");
    });
  });

  it("has its way on as the only stop of the keyboard, and shows where one is", async () => {
    await eachPage({ locale: "en-US", viewport: phone }, async (tab, key) => {
      const focused = () => tab.evaluate<string>("document.activeElement.className || document.activeElement.tagName");
      await tab.keyboard.press("Tab");
      expect(await focused(), key).toBe("go");
      expect(await styleOf(tab, "a", "outlineWidth")).toBe("3px");
      await tab.keyboard.press("Tab");
      // From the last stop it goes on to the browser, or begins again.
      expect(["BODY", "go"], key).toContain(await focused());
    });
  });

  it("tells a screen reader its sign in words, in front of its title, and skips the drawing", async () => {
    await inContext({ locale: "en-US" }, async (context) => {
      const { tab, show } = await pageTab(context);
      await show(full("provider_unavailable"));
      expect(await tab.locator("main").ariaSnapshot()).toMatchInlineSnapshot(`
        "- main:
          - article:
            - paragraph: Not completed
            - heading "RD Station Marketing did not answer" [level=1]
            - paragraph: So the connection could not be completed. You did nothing wrong.
            - term: Platform
            - definition: RD Station Marketing
            - term: Account
            - definition: Padaria Sol Nascente Ltda
            - term: Identifier
            - definition: padaria-sol
            - heading "What now?" [level=2]
            - paragraph: Wait a few minutes, then open the link you were given once more.
            - link "Continue":
              - /url: https://app.example/contas
          - paragraph:
            - text: "Reference:"
            - code: 4567ef01
          - paragraph: If you need help, give this reference."
      `);
    });
  });
});

describe.skipIf(noChromium !== undefined)("a label that a stranger chose", { timeout: 120_000 }, () => {
  it.each([
    ["of HTML", `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`],
    ["of 200 letters without a space", "W".repeat(200)],
    ["of words that never end", "Comércio & Indústria ".repeat(9).trim()],
    ["in Arabic", "شركة المثال التجارية (Acme)"],
    ["in Hebrew, with a number", "חברת דוגמה 123!"],
    ["of emoji", "🧁🥐".repeat(40)],
    ["of quotes and entities", `"Acme" 'Ltda' &amp; &lt;b&gt; {provider} $&`],
  ])("%s is shown as it is, and does no harm", async (_, label) => {
    await inContext({ locale: "pt-BR", viewport: narrowest }, async (context) => {
      const { tab, show } = await pageTab(context);
      await show({ ...full("authorized"), label });
      expect(await tab.locator("dd").nth(1).textContent()).toBe(label);
      expect(await tab.title()).toBe("Conta conectada");
      expect(await overflow(tab)).toBe(0);
      expect(await tab.locator("img, script, b").count()).toBe(0);
      for (const colorScheme of ["light", "dark"] as const) {
        await tab.emulateMedia({ colorScheme });
        expect(await axeFindings(tab)).toEqual([]);
      }
    });
  });

  it.each([
    ["שלום 123!", "rtl"],
    ["Acme 123!", "ltr"],
  ])("%s is read in its own direction, and the page in its own", async (label, direction) => {
    await inContext({ locale: "pt-BR", viewport: desktop }, async (context) => {
      const { tab, show } = await pageTab(context);
      await show({ ...full("authorized"), label });
      expect(await styleOf(tab, "dd:nth-of-type(2) bdi", "direction")).toBe(direction);
      expect(await styleOf(tab, "dd:nth-of-type(2)", "direction")).toBe("ltr");
    });
  });
});
