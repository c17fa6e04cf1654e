import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = join(root, "node_modules/typescript/bin/tsc");
const options =
  "--ignoreConfig --declaration --emitDeclarationOnly --strict --exactOptionalPropertyTypes --skipLibCheck " +
  "--target es2023 --lib es2023 --types node --module nodenext --verbatimModuleSyntax --rewriteRelativeImportExtensions";

/**
 * Has the compiler write the declarations of a module, and of what its own declarations name.
 *
 * @param entry a source file, as a path from the project's root
 * @returns their contents, by the path from the entry's folder
 * @throws Error where it does not compile
 */
export function declarationsOf(entry: string): ReadonlyMap<string, string> {
  const directory = mkdtempSync(join(tmpdir(), "declarations-"));
  try {
    execFileSync(process.execPath, [compiler, ...options.split(" "), "--rootDir", root, "--outDir", directory, entry], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
    });
    const found = new Map<string, string>();
    collect(join(directory, dirname(entry)), join(directory, entry.replace(/\.ts$/, ".d.ts")), found);
    return found;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A declaration names its neighbours by their source. What is shipped has no sources, and names them as what they became. */
function collect(base: string, path: string, found: Map<string, string>): void {
  const name = relative(base, path);
  if (found.has(name)) return;
  const text = readFileSync(path, "utf8");
  found.set(
    name,
    text.replace(/(from|import\()( ?"\.[^"]*)\.ts"/g, (_, before, specifier) => `${before}${specifier}.js"`),
  );
  for (const [, specifier = ""] of text.matchAll(/(?:from |import\()"(\.[^"]*)\.ts"/g)) {
    collect(base, join(dirname(path), `${specifier}.d.ts`), found);
  }
}
