import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { LocalStack } from "./local-stack.ts";

/** Where commands of pages are run. */
export const repository = fileURLToPath(new URL("../..", import.meta.url));

/** @param path from the repository's root */
export function readPage(path: string): string {
  return readFileSync(new URL(path, new URL("../../", import.meta.url)), "utf8");
}

/** What is below a heading, up to the next of its level or above. */
export function section(page: string, heading: string): string {
  const from = page.indexOf(`\n${heading}\n`);
  if (from === -1) throw new Error(`The page has no section "${heading}".`);
  const [marks = ""] = heading.split(" ");
  const below = page.slice(from + heading.length + 2);
  const to = below.search(new RegExp(`^#{1,${marks.length}} `, "m"));
  return to === -1 ? below : below.slice(0, to);
}

/** The code blocks in a language, in their order. */
export function codeBlocks(markdown: string, language: string): readonly string[] {
  return [...markdown.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, block = ""]) => block,
  );
}

/** What the first column of a section's table names in code. */
export function tableNames(markdown: string): readonly string[] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("| `"));
  return rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
}

/** Pages have the default ports; a stack under test has others. */
export function onStack(text: string, stack: Pick<LocalStack, "brokerUrl" | "awsUrl" | "sandboxUrl">): string {
  return text
    .replaceAll("http://127.0.0.1:8788", stack.brokerUrl)
    .replaceAll("http://127.0.0.1:8789", stack.awsUrl)
    .replaceAll("http://localhost:8790", stack.sandboxUrl);
}

/** A stack's ports, as `npm start` and what goes with it take them. */
export function portsOf(stack: Pick<LocalStack, "brokerUrl" | "awsUrl" | "sandboxUrl">) {
  return {
    PORT: new URL(stack.brokerUrl).port,
    AWS_PORT: new URL(stack.awsUrl).port,
    SANDBOX_PORT: new URL(stack.sandboxUrl).port,
  };
}
