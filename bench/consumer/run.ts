import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { writePart } from "../benchmarks-page.ts";
import { verdicts } from "./budgets.ts";
import { bareSdk, ours, peers } from "./candidate-list.ts";
import { measureConsumers } from "./measure.ts";
import { report } from "./report.ts";

/* `npm run bench`. What it measures is in docs/benchmarks.md. Its exit code is 1 where a budget is missed. */

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    starts: { type: "string", default: "41" },
    connections: { type: "string", default: "10000" },
    "without-peers": { type: "boolean", default: false },
  },
});

const extent = {
  rounds: readCount("rounds", values.rounds),
  starts: readCount("starts", values.starts),
  connections: readCount("connections", values.connections),
};
const [cpu] = cpus();
const circumstances = {
  date: new Date().toISOString().slice(0, 10),
  processor: cpu?.model ?? "unknown processor",
  cores: cpus().length,
  node: process.versions.node,
  load: loadavg()[0] ?? 0,
};
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
const candidates = [ours, ...(values["without-peers"] ? [] : peers), bareSdk];
const results = await measureConsumers(candidates, extent, (what) => process.stderr.write(`${what}\n`));
const text = report(results, extent, circumstances);
process.stdout.write(`${text}\n`);
if (!values["without-peers"]) writePart("consumer", text);
const missed = verdicts(results).filter(({ isMet }) => isMet === false);
for (const { what, budget, measured } of missed) {
  process.stderr.write(`Missed: ${what}: ${measured}, budget ${budget}\n`);
}
process.exitCode = missed.length === 0 ? 0 : 1;

function readCount(name: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  process.stderr.write(`--${name} has to be a whole number above 0.\n`);
  process.exit(2);
}
