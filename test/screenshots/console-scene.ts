import type { Page as Tab } from "playwright-core";
import { card } from "../browser/console-tab.ts";
import type { LocalStack } from "../support/local-stack.ts";
import { eventually, type StackClient, stackClient } from "../support/stack-client.ts";

/** Life of access tokens in the picture, in seconds: short enough for bars that have run down. */
export const tokenSeconds = 60;

const isRefresh = { endpoint: "token", redeems: "refresh_token" } as const;
const unavailable = { ...isRefresh, id: "server-error", kind: "server-error", status: 503 } as const;
const lostAnswer = { ...isRefresh, id: "lost-answer", kind: "reset", processed: true } as const;

/**
 * Brings about what the console is there to show: connections in the states that an operator meets, each with the
 * refreshes that led to it. Takes about a minute, for a mark is drawn only for what the console has seen.
 *
 * @param tab shows the console of an empty stack
 */
export async function setConsoleScene(tab: Tab, stack: LocalStack): Promise<void> {
  const marketing = stackClient(stack);
  const crm = stackClient(stack, "rd-station-crm");
  const acme = seenBy(tab, marketing, "rd-station/acme");
  const shop = seenBy(tab, marketing, "rd-station/loja-do-ze");
  const bakery = seenBy(tab, crm, "rd-station-crm/padaria-estrela");

  await marketing.connect("acme", "Acme Ltda");
  await marketing.connect("loja-do-ze", "Loja do Zé");
  await marketing.connect("papelaria-sol", "Papelaria Sol");
  await crm.connect("padaria-estrela", "Padaria Estrela");

  const everyone = () => Promise.all([acme, shop, bakery].map(({ refresh }) => refresh()));
  await times(6, everyone);
  await marketing.sandbox.aim("Acme Ltda", [{ ...unavailable, times: 2 }]);
  await times(5, acme.refresh);
  await marketing.revoke("papelaria-sol");
  await everyone();
  await crm.sandbox.endGrants("Padaria Estrela");
  await bakery.refresh();
  await marketing.sandbox.aim("Acme Ltda", [{ ...lostAnswer, times: 1 }]);
  await times(5, acme.refresh);
  await marketing.sandbox.aim("Acme Ltda", []);

  await eventually(async () => (await shop.left()) < 0.6);
  await marketing.sandbox.aim("Loja do Zé", [unavailable]);
  await times(2, shop.refresh);
  await times(2, acme.refresh);
  await eventually(async () => (await acme.left()) < 0.8);
}

/** A connection whose refreshes are asked for one by one, each when the one before is marked in the console. */
function seenBy(tab: Tab, client: StackClient, id: string) {
  const shown = card(tab, id);
  const marks = async () =>
    (await Promise.all((["succeeded", "failed", "unknown"] as const).map(shown.marks))).reduce((sum, n) => sum + n);
  return {
    left: shown.left,
    async refresh(): Promise<void> {
      const before = await marks();
      await client.refresh(id.slice(id.indexOf("/") + 1));
      await eventually(async () => (await marks()) > before);
    },
  };
}

async function times(count: number, what: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < count; done++) await what();
}
