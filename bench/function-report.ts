import { markdownTable } from "../test/support/markdown-table.ts";
import { mostKibibytes, mostTimesTheClients } from "./bundle-budgets.ts";
import { paired, spread } from "./statistics.ts";

export type FunctionsMeasured = {
  /** Of each function's bundle, minified. */
  readonly sizes: readonly { readonly name: string; readonly kibibytes: number }[];
  /** Milliseconds to the end of the first call: of `access-token`, and of the bare clients beside it in the same rounds. */
  readonly own: readonly number[];
  readonly clients: readonly number[];
};

/** What is printed, and written to `docs/benchmarks.md`. `circumstances`: when and where it was measured, in words. */
export function functionReport({ sizes, own, clients }: FunctionsMeasured, circumstances: string) {
  const times = spread(paired(own, clients, (ownTime, clientsTime) => ownTime / clientsTime));
  const rows = sizes.map(({ name, kibibytes }) => {
    const isMet = kibibytes <= mostKibibytes(name);
    return { cells: [`\`${name}\``, kibibytes.toFixed(1), `${mostKibibytes(name)}`, verdict(isMet)], isMet };
  });
  const isFast = times.median <= mostTimesTheClients;
  const middle = (values: readonly number[]) => spread(values).median.toFixed(0);
  const text = `${circumstances}

Each bundle, minified, with the AWS clients that it uses:

${markdownTable(
  ["function", "KiB", "budget", ""],
  rows.map(({ cells }) => cells),
)}

From the start of a process to the end of its first call, over ${own.length} rounds:

${markdownTable(
  ["", "ms", "times the clients", "budget", ""],
  [
    ["`access-token`", middle(own), times.median.toFixed(2), `${mostTimesTheClients}`, verdict(isFast)],
    ["the AWS clients alone", middle(clients), "–", "–", ""],
  ],
)}`;
  return { text, isMet: isFast && rows.every(({ isMet }) => isMet) };
}

function verdict(isMet: boolean): string {
  return isMet ? "met" : "missed";
}
