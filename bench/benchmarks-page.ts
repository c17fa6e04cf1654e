import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("../docs/benchmarks.md", import.meta.url));

/** Puts what a bench has measured in its place in `docs/benchmarks.md`. */
export function writePart(name: string, text: string): void {
  writeFileSync(file, replacePart(readFileSync(file, "utf8"), name, text));
}

/**
 * Replaces one part of a page, and leaves the others as they were on their day.
 *
 * @param name the part stands between `<!-- name: written by the bench -->` and `<!-- /name -->`
 * @throws Error where the page has no such part
 */
export function replacePart(page: string, name: string, text: string): string {
  const begin = `<!-- ${name}: written by the bench -->`;
  const end = `<!-- /${name} -->`;
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The page has no part "${name}". Put ${begin} and ${end} into it.`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}
