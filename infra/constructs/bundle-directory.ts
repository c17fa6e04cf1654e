import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Where a function's bundle is: in `dist/functions` of chaveiro, be that the repository or what was installed from a registry.
 *
 * @throws Error where there is none: run `npm run bundle`
 */
export function bundleDirectory(name: string): string {
  const directory = join(packageRoot(import.meta.dirname), "dist", "functions", name);
  if (existsSync(join(directory, "index.mjs"))) return directory;
  throw new Error(`The function ${name} has no bundle in ${directory}. Run \`npm run bundle\` in the repository.`);
}

/** The nearest directory above that is the package: parts of it have a package.json of their own, which says nothing but its type. */
function packageRoot(directory: string): string {
  const file = join(directory, "package.json");
  const isRoot = existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "chaveiro";
  if (isRoot || dirname(directory) === directory) return directory;
  return packageRoot(dirname(directory));
}
