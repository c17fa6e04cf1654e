import { expect, it } from "vitest";
import { styleFor } from "../../../cli/terminal/style.ts";
import { pairs, table } from "../../../cli/terminal/table.ts";

const plain = styleFor(false, {});
const colourful = styleFor(true, { TERM: "xterm" });

it("makes columns as wide as what a person sees in them", () => {
  const rows = [
    ["Ação", "1"],
    ["e\u0301", "22"],
    ["\u{1F468}\u200D\u{1F469}\u200D\u{1F467}", "3"],
    ["会社", "4"],
  ];
  expect(table(["A", "B"], rows, plain)).toEqual([
    "A     B",
    "Ação  1",
    "e\u0301     22",
    "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}    3",
    "会社  4",
  ]);
});

it("pads beside colours, not with them", () => {
  const [, first] = table(["STATUS", "N"], [[{ text: "ok", style: "green" }, "1"]], colourful);
  expect(first).toBe("\x1b[32mok\x1b[0m      1");
  expect(pairs([["name", { text: "x", style: "red" }]], plain)).toEqual(["name  x"]);
});
