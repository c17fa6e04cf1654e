import { afterEach, expect, it } from "vitest";
import { processTerminal } from "../../../cli/terminal/terminal.ts";

const { rows } = process.stdout;
afterEach(() => {
  process.stdout.rows = rows;
});

it("is as high as the terminal is now", () => {
  const terminal = processTerminal({});
  process.stdout.rows = 50;
  expect(terminal.height).toBe(50);
  process.stdout.rows = 10;
  expect(terminal.height).toBe(10);
});
