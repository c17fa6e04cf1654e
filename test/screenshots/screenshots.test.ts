import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noChromium } from "../support/chromium.ts";
import { runCommand } from "../support/command.ts";
import { linksOf } from "../support/markdown.ts";
import { readPage, repository } from "../support/pages.ts";
import { pngSize } from "./palette-png.ts";

if (noChromium !== undefined) console.warn(noChromium);

const folder = "docs/screenshots";
const committed = readdirSync(join(repository, folder)).sort();
const readmes = ["README.md", "README.pt-BR.md"] as const;
const picturesOf = (page: string) =>
  linksOf(readPage(page)).filter((link): link is Required<typeof link> => link.alternative !== undefined);

const sizesIn = (directory: string) =>
  readdirSync(directory)
    .sort()
    .map((name) => [name, pngSize(readFileSync(join(directory, name)))]);

describe("the pictures of the READMEs", () => {
  it("are those that are committed, and all of them", () => {
    const shown = readmes.flatMap((page) => picturesOf(page).map(({ target }) => target));
    expect([...new Set(shown)].sort()).toEqual(committed.map((name) => `${folder}/${name}`));
  });

  it.each([
    ["README.md", "en"],
    ["README.pt-BR.md", "pt-BR"],
  ])("are in %s in its language", (page, language) => {
    const languages = picturesOf(page).flatMap(({ target }) => /\.([\w-]+)\.png$/.exec(target)?.[1] ?? []);
    expect(new Set(languages)).toEqual(new Set([language]));
  });

  it.each(readmes)("say in %s what is on them, to whom they cannot be shown", (page) => {
    for (const { target, alternative } of picturesOf(page)) expect(alternative.length, target).toBeGreaterThan(60);
  });

  it.each(committed)("%s is small", (name) => {
    expect(statSync(join(repository, folder, name)).size).toBeLessThan(150_000);
  });
});

describe.skipIf(noChromium !== undefined)("npm run screenshots", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "chaveiro-pictures-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("takes the pictures that are committed, in their sizes", { timeout: 400_000 }, async () => {
    const { exitCode, stdout, stderr } = await runCommand(
      ["npm", "run", "--silent", "screenshots", "--", directory],
      repository,
    );
    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 });
    expect(sizesIn(directory)).toEqual(sizesIn(join(repository, folder)));
  });
});
