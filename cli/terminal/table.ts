import { printable } from "./printable.ts";
import type { Style, StyleName } from "./style.ts";

export type Cell = string | { readonly text: string; readonly style: StyleName };

const gap = "  ";

/** Lines of a table with a heading, its columns as wide as they have to be. What is in a cell is made printable. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  style: Style,
): readonly string[] {
  const lines = [headings.map((text): Cell => ({ text, style: "bold" })), ...rows].map((row) => row.map(readCell));
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => width(line[column]?.text ?? ""))));
  return lines.map((line) =>
    line
      .map((cell, column) => pad(cell, widths[column] ?? 0, style))
      .join(gap)
      .trimEnd(),
  );
}

/** Lines of names and what they stand for. */
export function pairs(entries: readonly (readonly [name: string, value: Cell])[], style: Style): readonly string[] {
  const widest = Math.max(...entries.map(([name]) => width(name)));
  return entries.map(([name, value]) =>
    [pad({ text: name, style: "dim" }, widest, style), pad(readCell(value), 0, style)].join(gap).trimEnd(),
  );
}

type ReadCell = { readonly text: string; readonly style: StyleName | undefined };

function readCell(cell: Cell): ReadCell {
  return typeof cell === "string"
    ? { text: printable(cell), style: undefined }
    : { ...cell, text: printable(cell.text) };
}

function pad({ text, style: name }: ReadCell, columns: number, style: Style): string {
  const padding = " ".repeat(Math.max(0, columns - width(text)));
  return (name === undefined ? text : style(name, text)) + padding;
}

/** In characters as a person counts them. */
function width(text: string): number {
  return [...new Intl.Segmenter().segment(text)].length;
}
