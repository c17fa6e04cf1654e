import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Session } from "../session.ts";

/** What opens a link on each system. */
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** Opens a link in the browser that `BROWSER` names, or the usual one. Where that fails, says so: the link is printed anyway. */
export async function openInBrowser({ env, terminal }: Pick<Session, "env" | "terminal">, url: string): Promise<void> {
  const [program, ...parameters] = env["BROWSER"] ? [env["BROWSER"]] : (openers[process.platform] ?? ["xdg-open"]);
  const browser = spawn(program, [...parameters, url], { stdio: "ignore", detached: true });
  browser.unref();
  await once(browser, "spawn").catch(() => terminal.say(`${program} cannot be started: open the link yourself.`));
}
