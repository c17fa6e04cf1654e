import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  canBePublished,
  costOfMillionReads,
  type Fleet,
  monthlyCost,
  type Prices,
  refreshRate,
  schedulesNeeded,
} from "./cost-model.ts";
import usual from "./prices.json" with { type: "json" };

/* `npm run costs`. `-- --prices FILE`: a JSON file with prices of another Region; those that it leaves out are as in prices.json. */

const { values } = parseArgs({ options: { prices: { type: "string" } } });
const prices: Prices = {
  ...usual,
  ...(values.prices === undefined ? {} : JSON.parse(readFileSync(values.prices, "utf8"))),
};

const lives = { "15 min": 900, "2 h": 7_200, "24 h": 86_400 } as const;
const sizes = [100, 10_000, 1_000_000] as const;

const total = (fleet: Fleet) => Object.values(monthlyCost(fleet, prices)).reduce((sum, cost) => sum + cost);
const dollars = (amount: number) =>
  `$${amount.toLocaleString("en-US", { maximumFractionDigits: amount < 100 ? 2 : 0 })}`;
const count = (amount: number) => amount.toLocaleString("en-US", { maximumSignificantDigits: 2 });
const row = (...cells: readonly string[]) => `| ${cells.join(" | ")} |`;

const fleets = Object.entries(lives).flatMap(([life, lifeSeconds]) =>
  sizes.map((connections) => ({ life, connections, lifeSeconds })),
);

const lines = [
  row("access token lives", "connections", "refreshes a second", "schedules", "a month", "a month, published"),
  row("---", "---:", "---:", "---:", "---:", "---:"),
  ...fleets.map(({ life, connections, lifeSeconds }) => {
    const unpublished = { connections, lifeSeconds, isPublished: false };
    const published = { ...unpublished, isPublished: true };
    return row(
      life,
      connections.toLocaleString("en-US"),
      count(refreshRate(unpublished)),
      schedulesNeeded(unpublished) > 4 ? `${schedulesNeeded(unpublished)}, of 4` : String(schedulesNeeded(unpublished)),
      dollars(total(unpublished)),
      canBePublished(published) ? dollars(total(published)) : "not possible",
    );
  }),
  "",
  row("10,000 connections, 24 h, published", "a month"),
  row("---", "---:"),
  ...Object.entries(monthlyCost({ connections: 10_000, lifeSeconds: lives["24 h"], isPublished: true }, prices)).map(
    ([what, cost]) => row(what, dollars(cost)),
  ),
  "",
  row("a million reads of an access token", ""),
  row("---", "---:"),
  row("from Secrets Manager", dollars(costOfMillionReads(prices).published)),
  row("from the broker", dollars(costOfMillionReads(prices).broker)),
];
process.stdout.write(`${lines.join("\n")}\n`);
