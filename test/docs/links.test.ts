import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { headingsOf, linksOf } from "../support/markdown.ts";
import { repository, section } from "../support/pages.ts";

/** Files of the repository below a folder, by their path in it. What is made or installed is left out. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (["node_modules", "dist", "cdk.out"].includes(entry.name) || entry.name.startsWith(".")) return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

const pages = filesBelow(".").filter((path) => path.endsWith(".md"));
const read = (path: string) => readFileSync(join(repository, path), "utf8");

/** Where the links of a page lead, of those that stay in the repository. */
function targetsOf(page: string): readonly { readonly path: string; readonly anchor: string | undefined }[] {
  const local = linksOf(read(page)).filter(({ target }) => !/^(https?|mailto):/.test(target));
  return local.map(({ target }) => {
    const [path = "", anchor] = target.split("#");
    return { path: path === "" ? page : normalize(join(dirname(page), decodeURI(path))), anchor };
  });
}

describe("links", () => {
  it("are looked for in every page", () => {
    expect(pages).toEqual(expect.arrayContaining(["README.md", "README.pt-BR.md", "docs/providers/itflex.md"]));
    expect(pages.flatMap(targetsOf).filter(({ anchor }) => anchor !== undefined).length).toBeGreaterThan(10);
  });

  it.each(pages)("of %s lead to files and headings that there are", (page) => {
    for (const { path, anchor } of targetsOf(page)) {
      expect(existsSync(join(repository, path)), path).toBe(true);
      expect(relative(repository, join(repository, path)), "outside of the repository").not.toMatch(/^\.\./);
      if (anchor === undefined) continue;
      expect(
        headingsOf(read(path)).map((heading) => heading.anchor),
        path,
      ).toContain(anchor);
    }
  });

  it("of the README lead, from page to page, to every file of docs/", () => {
    const reached = new Set<string>();
    const follow = (path: string): void => {
      if (reached.has(path) || !existsSync(join(repository, path))) return;
      reached.add(path);
      if (path.endsWith(".md") && statSync(join(repository, path)).isFile()) {
        for (const target of targetsOf(path)) follow(target.path);
      }
    };
    follow("README.md");
    expect(filesBelow("docs").filter((path) => !reached.has(path))).toEqual([]);
  });
});

describe("the end of the README", () => {
  it("names every page of docs/", () => {
    const named = linksOf(section(read("README.md"), "## Read on")).map(({ target }) => target);
    expect([...named].sort()).toEqual(pages.filter((path) => path.startsWith("docs/")).sort());
  });
});

describe("a link", () => {
  it("is found in text and in HTML, and not in code", () => {
    const page = [
      "See [one](a.md), [`two`](b.md#c) and ![three](d.png).",
      '<img src="f.png" width="3" alt="four">',
      "`[not](this.md)`",
      "```md\n[nor](that.md)\n```",
    ].join("\n");
    expect(linksOf(page)).toEqual([
      { target: "a.md" },
      { target: "b.md#c" },
      { target: "d.png", alternative: "three" },
      { target: "f.png", alternative: "four" },
    ]);
  });

  it("names a heading as GitHub does", () => {
    const page = "# The `command`\n## What's [new](a.md), and why?\n## Ação\n## Ação\n```sh\n# a comment\n```\n";
    expect(headingsOf(page)).toEqual([
      { level: 1, anchor: "the-command" },
      { level: 2, anchor: "whats-new-and-why" },
      { level: 2, anchor: "ação" },
      { level: 2, anchor: "ação-1" },
    ]);
  });
});
