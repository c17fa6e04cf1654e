import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const executablePath = "/usr/bin/chromium";

/** Why tests in a real browser are skipped; undefined where there is one. */
export const noChromium = existsSync(executablePath)
  ? undefined
  : `No browser tests: there is no ${executablePath}. Debian has it: apt-get install chromium.`;

/**
 * Launches Debian's Chromium, which asks nothing of the internet.
 *
 * @param env of the process, beside this one's
 */
export function launchChromium(env: Readonly<Record<string, string>> = {}): Promise<Browser> {
  return chromium.launch({
    executablePath,
    timeout: 120_000,
    env: { ...process.env, ...env },
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
