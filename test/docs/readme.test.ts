import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";
import { headingsOf, linksOf, partsOf } from "../support/markdown.ts";
import { onStack, readPage } from "../support/pages.ts";
import { outputPattern, runInShell, transcript, withCommand } from "../support/transcript.ts";

const english = readPage("README.md");
const portuguese = readPage("README.pt-BR.md");

let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({ SANDBOX_TOKEN_SECONDS: "20" });
}, 90_000);

afterAll(() => stack.dispose());

test("every command of the README's transcript answers as the README says", { timeout: 120_000 }, async () => {
  const steps = transcript(english);
  expect(steps.length).toBeGreaterThan(9);
  const answers = await runInShell(
    steps.map(({ command }) => onStack(command, stack)),
    withCommand(stack),
  );
  for (const [index, step] of steps.entries()) {
    expect.soft(answers[index]?.trim(), step.command).toMatch(outputPattern(onStack(step.output, stack)));
  }
});

describe("the Portuguese README is the English one in another language", () => {
  it("each leads to the other before anything else", () => {
    expect(linksOf(english)[0]).toEqual({ target: "README.pt-BR.md" });
    expect(linksOf(portuguese)[0]).toEqual({ target: "README.md" });
  });

  it("has the same commands and answers", () => {
    expect(transcript(portuguese)).toEqual(transcript(english));
  });

  it("has the same code, but for what is written for people", () => {
    expect(blocksOf(portuguese)).toEqual(blocksOf(english));
    expect(blocksOf(english).length).toBeGreaterThan(10);
  });

  it("has the same headings, and under each the same links, pictures, numbers and names in code", () => {
    expect(headingsOf(portuguese).map(({ level }) => level)).toEqual(headingsOf(english).map(({ level }) => level));
    const [ours, theirs] = [partsOf(portuguese), partsOf(english)];
    for (const [index, part] of ours.entries()) expect.soft(heldBy(part)).toEqual(heldBy(theirs[index] ?? ""));
  });

  it("has the same rows in its table, with the same numbers in each", () => {
    expect(numbersInCells(portuguese)).toEqual(numbersInCells(english));
    expect(numbersInCells(english).length).toBeGreaterThan(10);
  });
});

/** Every code block with its language, without comments and what a diagram's parts are called. */
function blocksOf(page: string): readonly string[] {
  return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", block = ""]) => {
    const code = language === "mermaid" ? block.replace(/"[^"]*"|\[[^\]]*\]|-- [^">]+ -->/g, "") : block;
    return `${language}\n${code.replace(/\/\/ .*/g, "")}`;
  });
}

/** What does not change with the language. A picture that has words on it is another one, of the same name. */
function heldBy(part: string) {
  const text = part.replace(/`[^`]*`|<img[^>]*>|!?\[|\]\([^)]*\)|<http[^>]*>/g, " ");
  const sorted = (found: Iterable<RegExpMatchArray>) => [...found].map(([whole]) => whole).sort();
  return {
    links: linksOf(part).map(({ target }) => target.replace(/\.(en|pt-BR)\.png$|^README.*\.md$/, "")),
    numbers: sorted(text.matchAll(/\d+/g)),
    code: sorted(part.matchAll(/`[^`]*`|<http[^>]*>/g)),
  };
}

/** The numbers in every cell of every row. What separates thousands or decimals is the language's. */
function numbersInCells(page: string): readonly (readonly string[])[] {
  const rows = page.split("\n").filter((line) => line.startsWith("|"));
  return rows.map((row) => row.split("|").map((cell) => (cell.match(/[\d¼½¾]+/g) ?? []).join(" ")));
}
