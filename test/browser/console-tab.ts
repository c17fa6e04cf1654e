import type { BrowserContext, Locator, Page as Tab } from "playwright-core";
import type { LocalStack } from "../support/local-stack.ts";

/** For whatever a test waits for. Generous: it is only ever waited for by a test that fails. */
const patience = 60_000;

export type ConsoleTab = {
  readonly tab: Tab;
  /** Everything that the tab has received so far: answers, and what came over the stream. */
  readonly received: readonly string[];
  /** What the page complained of. */
  readonly errors: readonly string[];
};

/** Opens the console and waits until it is live. Nothing that arrives is missed. */
export async function openConsole(context: BrowserContext, stack: LocalStack): Promise<ConsoleTab> {
  context.setDefaultTimeout(patience);
  const tab = await context.newPage();
  const received: string[] = [];
  const errors: string[] = [];
  tab.on("pageerror", (error) => errors.push(error.message));
  tab.on("response", async (response) => {
    // The body of a stream has no end.
    if (response.url().endsWith("/console/events")) return;
    const headers = JSON.stringify(await response.allHeaders().catch(() => ({})));
    received.push(`${response.url()}\n${headers}\n${await response.text().catch(() => "")}`);
  });
  const session = await context.newCDPSession(tab);
  await session.send("Network.enable");
  session.on("Network.eventSourceMessageReceived", ({ data }) => received.push(data));
  await tab.goto(stack.brokerUrl);
  await live(tab);
  return { tab, received, errors };
}

/** Waits until the page says that it is connected to the broker. */
export async function live(tab: Tab): Promise<void> {
  await tab.locator("#stream", { hasText: /^Live$/ }).waitFor();
}

/** What the page shows of one connection. `id`: `{provider}/{account}`. */
export function card(tab: Tab, id: string) {
  const root = tab.getByRole("listitem").filter({ has: tab.getByText(id, { exact: true }) });
  const part = (name: string): Locator => root.locator(`[data-part="${name}"]`);
  return {
    part,
    text: (name: string) => part(name).innerText(),
    button: (name: string) => root.getByRole("button", { name: `${name} ${id}`, exact: true }),
    /** Waits until a part says that. */
    says: (name: string, text: string | RegExp) => part(name).filter({ hasText: text }).waitFor(),
    /** How many refreshes are marked as ended so. */
    marks: (outcome: "succeeded" | "failed" | "unknown") => part("marks").locator(`.mark-${outcome}`).count(),
    /** The share of the token's life that the bar shows. */
    left: async () => Number(/[\d.]+/.exec((await part("left").getAttribute("style")) ?? "")?.[0]),
  };
}

/** The sandbox's switches of one provider, unfolded. */
export async function switchesOf(tab: Tab, provider: string) {
  const root = tab.locator("details").filter({ has: tab.getByText(provider, { exact: true }) });
  if ((await root.getAttribute("open")) === null) await root.locator("summary").click();
  const life = root.getByRole("spinbutton", { name: "Access tokens live this many seconds", exact: true });
  return {
    async break(what: string, times: string): Promise<void> {
      await root.getByRole("combobox", { name: /the provider$/ }).selectOption({ label: what });
      await root.getByRole("combobox", { name: "For", exact: true }).selectOption({ label: times });
      await root.getByRole("button", { name: "Break" }).click();
      await root.getByText("broken", { exact: true }).waitFor();
    },
    async repair(): Promise<void> {
      await root.getByRole("button", { name: "Repair" }).click();
      await root.getByText("broken", { exact: true }).waitFor({ state: "hidden" });
    },
    setLife: async (seconds: number): Promise<void> => {
      await life.fill(String(seconds));
      await life.press("Tab");
      await root.getByText("Set, for the next tokens.").waitFor();
    },
    /** Changes how refresh tokens are rotated, and then how long access tokens live, without waiting for anything. */
    async changeBoth(rotation: string, seconds: number): Promise<void> {
      await root.getByRole("combobox", { name: /^A refresh token/ }).selectOption({ label: rotation });
      await life.fill(String(seconds));
      await life.press("Tab");
    },
  };
}

/** Connects an account as a person does: in the console, and on the sandbox's approval page in another tab. */
export async function connectByHand(tab: Tab, account: string, as: string): Promise<Tab> {
  await tab.getByRole("textbox", { name: /^Account/ }).fill(account);
  const [other] = await Promise.all([
    tab.context().waitForEvent("page"),
    tab.getByRole("button", { name: "Connect", exact: true }).click(),
  ]);
  await other.getByRole("radio", { name: as }).check();
  await other.getByRole("button", { name: "Autorizar" }).click();
  await other.waitForURL("**/result/**");
  return other;
}

/** Every string that the page's JavaScript holds, wherever it keeps it. */
export async function heldStrings({ tab }: ConsoleTab): Promise<string> {
  const session = await tab.context().newCDPSession(tab);
  const chunks: string[] = [];
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
  await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  await session.detach();
  const { strings } = JSON.parse(chunks.join("")) as { readonly strings: readonly string[] };
  return strings.join("\n");
}
