import axe from "axe-core";
import type { BrowserContext, Page as Tab } from "playwright-core";
import { type Page, renderPage } from "../../shared/runtime/pages/page.ts";

export const phone = { width: 360, height: 740 } as const;
/** The narrowest that WCAG's reflow asks for: 1280 px, enlarged four times. */
export const narrowest = { width: 320, height: 640 } as const;
export const desktop = { width: 1280, height: 800 } as const;

const origin = "https://broker.example";

/**
 * A tab that is shown pages as the handlers would answer them, headers included, without a broker behind it. To open a tab
 * costs ten times as much as to show a page in it.
 */
export async function pageTab(context: BrowserContext) {
  const tab = await context.newPage();
  let shown: Page;
  await tab.route(`${origin}/**`, async (route) => {
    const { statusCode, headers, body } = renderPage(
      { reference: "4567ef0123456789abcdef0123456789", ...shown },
      (await route.request().allHeaders())["accept-language"],
    );
    const texts = Object.entries(headers ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
    await route.fulfill({ status: statusCode ?? 0, headers: Object.fromEntries(texts), body: body ?? "" });
  });
  const show = async (page: Page) => {
    shown = page;
    await tab.goto(`${origin}/${page.key}`);
  };
  return { tab, show };
}

/** What axe finds wrong with what a tab shows, of any impact, and what it is not sure of where that would be serious. */
export async function axeFindings(tab: Tab): Promise<readonly string[]> {
  await tab.evaluate(axe.source);
  const { violations, incomplete } = await tab.evaluate<axe.AxeResults>(
    "axe.run(document, { resultTypes: ['violations', 'incomplete'] })",
  );
  const unclear = incomplete.filter(({ impact }) => impact === "serious" || impact === "critical");
  return [...violations, ...unclear].map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** How far a tab's content is wider than the tab, in pixels. */
export function overflow(tab: Tab): Promise<number> {
  return tab.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth");
}
