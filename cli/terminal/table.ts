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

/** What a terminal draws twice as wide: most of what East Asia writes, and pictures. @see https://www.unicode.org/reports/tr11/ */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** In columns of a terminal, of which a character as a person counts them takes one or two. */
function width(text: string): number {
  let columns = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) columns += wide.test(segment) ? 2 : 1;
  return columns;
}
