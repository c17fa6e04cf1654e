import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

type Package = { readonly name: string; readonly version: string; readonly license: string; readonly text: string };

/**
 * The licences of all packages that a bundle has something of, which have to be passed on with it.
 *
 * @param inputs paths of what was bundled, relative to `root`, as esbuild's metafile names them
 * @returns one text: each licence once, below the packages that are under it
 * @throws Error where a package comes without its licence, and nobody else of its publisher has it either
 */
export function thirdPartyNotices(root: string, inputs: Iterable<string>): string {
  const directories = new Set([...inputs].flatMap((input) => packageDirectory(input) ?? []));
  const packages = [...directories].map((directory) => readPackage(join(root, directory)));
  const byText = new Map<string, Package[]>();
  for (const one of packages) {
    const text = one.text || textOfPublisher(one, packages);
    byText.set(text, [...(byText.get(text) ?? []), one]);
  }
  return [...byText]
    .map(([text, under]) => `${under.map(titleOf).sort().join("\n")}\n\n${text}\n`)
    .sort()
    .join(`\n${"-".repeat(72)}\n\n`);
}

function packageDirectory(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

function readPackage(directory: string): Package {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const files = readdirSync(directory).filter((file) => /^(licen[cs]e|copying|notice)(\.|-|$)/i.test(file));
  const text = files.map((file) => readFileSync(join(directory, file), "utf8").trim()).join("\n\n");
  return { name, version, license, text };
}

/** Some packages of a scope leave out the licence that the others have with them. MIT-0 has not to be passed on. */
function textOfPublisher(of: Package, packages: readonly Package[]): string {
  if (of.license === "MIT-0") return "Permission is granted without any condition: MIT No Attribution.";
  const scope = /^@[^/]+\//.exec(of.name)?.[0];
  const found = packages.find(
    ({ name, license, text }) => scope !== undefined && name.startsWith(scope) && license === of.license && text !== "",
  );
  if (found === undefined) throw new Error(`${titleOf(of)} comes without the text of its licence.`);
  return found.text;
}

function titleOf({ name, version, license }: Package): string {
  return `${name} ${version} (${license})`;
}
